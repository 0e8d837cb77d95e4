package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	cacheClients = 32 // connections that ask at the same time
	cachePath    = "/prod/images?args=-resize+160x&output=png"
)

// measureCache sends one small picture again and again, whose answer is in memory after the first time.
func measureCache(ctx context.Context, p plan) error {
	at, err := startBluerose(ctx, "--log", "none")
	if err != nil {
		return err
	}
	defer at.stop()
	picture, err := smallPicture()
	if err != nil {
		return err
	}
	c, err := newHitClient(ctx, at, picture)
	if err != nil {
		return err
	}
	defer c.close()
	fmt.Printf("%d connections send a JPEG of %d bytes; its answer of %d bytes is in memory, and the clients run on the same cores\n\n",
		cacheClients, len(picture), c.answer)
	fmt.Println("| round | hits/s | p50 ms | p99 ms | CPU of the front process, µs a hit | front process MB |")
	fmt.Println("| ---: | ---: | ---: | ---: | ---: | ---: |")
	p.clients = cacheClients
	for round := range p.rounds {
		var got figures
		before := at.cpu()
		if err := turn(ctx, p, c.hit, at, &got); err != nil {
			return err
		}
		spent := at.cpu() - before
		fmt.Printf("| %d | %.0f | %.2f | %.2f | %.1f | %.0f |\n", round+1, got.rate(), got.percentile(0.5), got.percentile(0.99),
			float64(spent.Microseconds())/float64(len(got.took)), at.peak())
	}
	fmt.Println()
	return nil
}

// smallPicture makes a JPEG of about 30 KB, the same one each time.
func smallPicture() ([]byte, error) {
	random := rand.New(rand.NewPCG(1, 2))
	picture := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			grain := uint8(random.UintN(40))
			picture.SetRGBA(x, y, color.RGBA{uint8(x*200/320) + grain, uint8(y*200/240) + grain, 100 + grain, 255})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 89})
	return out.Bytes(), err
}

// hitClient asks for a hit with less work than net/http's client, which would take most of the cores.
type hitClient struct {
	request []byte
	answer  int // bytes
	idle    chan *bufio.ReadWriter
	conns   []net.Conn
}

func newHitClient(ctx context.Context, at *server, picture []byte) (*hitClient, error) {
	base, err := url.Parse(at.base)
	if err != nil {
		return nil, err
	}
	if err := ask(cachePath, picture)(ctx, at); err != nil {
		return nil, err
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", cachePath, base.Host, len(picture))
	c := &hitClient{request: append([]byte(head), picture...), idle: make(chan *bufio.ReadWriter, cacheClients)}
	for range cacheClients {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", base.Host)
		if err != nil {
			c.close()
			return nil, err
		}
		c.conns = append(c.conns, conn)
		c.idle <- bufio.NewReadWriter(bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 64<<10))
	}
	c.answer, err = c.exchange()
	return c, err
}

func (c *hitClient) close() {
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func (c *hitClient) hit(context.Context, *server) error {
	_, err := c.exchange()
	return err
}

// exchange asks once, and gives the size of the answer. It fails unless that comes from the cache.
func (c *hitClient) exchange() (size int, err error) {
	conn := <-c.idle
	defer func() { c.idle <- conn }()
	if _, err := conn.Write(c.request); err != nil {
		return 0, err
	}
	if err := conn.Flush(); err != nil {
		return 0, err
	}
	hit := false
	for line := 0; ; line++ {
		text, err := conn.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(string(text)), ": ")
		switch {
		case line == 0 && !strings.HasPrefix(name, "HTTP/1.1 "+strconv.Itoa(http.StatusOK)):
			return 0, errors.New(name)
		case name == "Content-Length":
			size, err = strconv.Atoi(value)
		case name == "X-Cache":
			hit = value == "hit"
		}
		if err != nil {
			return 0, err
		}
		if name == "" {
			break
		}
	}
	if !hit {
		return 0, errors.New("the answer does not come from the cache")
	}
	_, err = conn.Discard(size)
	return size, err
}

const clockTick = 10 * time.Millisecond // of /proc/PID/stat on Linux

// cpu gives the time that the process has spent on a core.
func (s *server) cpu() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * clockTick
}
