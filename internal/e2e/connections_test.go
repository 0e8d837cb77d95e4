package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"bluerose/event"
)

// slow are arguments that take tens of seconds on any machine; lasting are some that take about two.
const (
	slow    = "-resize 4000x4000! -median 30"
	lasting = "-resize 3000x3000! -blur 0x100 -crop 1x1+0+0"
)

// TestBodyCutOff hangs up in the middle of a body, but listens on.
func TestBodyCutOff(t *testing.T) {
	s := start(t, "--instances", "1")
	before := s.metric(t, "invocations_total")
	for name, head := range map[string]string{
		"of a length": "Content-Length: 5000\r\n\r\n" + string(noise(2500)),
		"chunked":     "Transfer-Encoding: chunked\r\n\r\n1000\r\n" + string(noise(100)),
	} {
		for _, path := range []string{eventPath, picturePath("-negate", "png")} {
			t.Run(name+" "+path, func(t *testing.T) {
				conn, err := net.Dial("tcp", s.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: "+s.addr+"\r\n"+head); err != nil {
					t.Fatal(err)
				}
				if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
					t.Fatal(err)
				}
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				failed(t, s, answer{response.StatusCode, response.Header, body}, event.InvalidRequest)
			})
		}
	}
	if after := s.metric(t, "invocations_total"); after != before {
		t.Errorf("the function was invoked %d times for requests that were not complete", after-before)
	}
	s.fine(t)
}

// TestClientHangsUp leaves in the middle of a slow job, of which the only instance is free again.
func TestClientHangsUp(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "5m")
	for i, path := range []string{picturePath(slow, "png"), eventPath} {
		body := s.rose("png")
		if path == eventPath {
			body = fmt.Appendf(nil, `{"operation":"convert","base64Image":%q,"outputExtension":"png","customArgs":["-resize","4000x4000!","-median","30"]}`,
				base64Text(body))
		}
		ctx, hangUp := context.WithCancel(t.Context())
		var client sync.WaitGroup
		client.Go(func() {
			if a, err := s.send(ctx, http.MethodPost, path, nil, bytes.NewReader(body)); err == nil {
				t.Errorf("the slow job was answered: %d %.200s", a.status, a.body)
			}
		})
		s.reaches(t, "instances_busy", 1)
		hangUp()
		client.Wait()
		s.reaches(t, "cancelled_total", i+1)
		s.fine(t)
		s.reaches(t, "instances_busy", 0)
	}
}

// TestManyAtOnce sends 200 requests while the only instance is busy and 50 may wait: those 50 are answered and the rest
// refused at once, none is lost, and nothing of them stays.
func TestManyAtOnce(t *testing.T) {
	const requests, queue = 200, 50
	s := start(t, append(noCache, "--instances", "1", "--queue", strconv.Itoa(queue), "--timeout", "5m")...)
	rose := s.rose("png")
	s.fine(t)
	before := s.resident()

	busy, free := context.WithCancel(t.Context())
	defer free()
	var clients sync.WaitGroup
	clients.Go(func() { _, _ = s.send(busy, http.MethodPost, picturePath(slow, "png"), nil, bytes.NewReader(rose)) })
	s.reaches(t, "instances_busy", 1)
	answers := make([]answer, requests)
	for i := range answers {
		clients.Go(func() {
			var err error
			if answers[i], err = s.send(t.Context(), http.MethodPost, picturePath("-negate", "png"), nil, bytes.NewReader(rose)); err != nil {
				t.Errorf("request %d is lost: %v", i, err)
			}
		})
	}
	s.reaches(t, "throttles_total", requests-queue)
	free()
	clients.Wait()

	statuses := map[int]int{}
	for _, a := range answers {
		statuses[a.status]++
		switch a.status {
		case http.StatusOK:
			decoded(t, a.body)
		case http.StatusTooManyRequests:
			failed(t, s, a, event.Throttled)
			if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || after < 1 {
				t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
			}
		}
	}
	if statuses[http.StatusOK] != queue || statuses[http.StatusTooManyRequests] != requests-queue {
		t.Errorf("the answers have these statuses: %v", statuses)
	}
	s.fine(t)
	http.DefaultClient.CloseIdleConnections()
	const room = 64 << 20
	until(t, "the memory is back", func() bool { return s.resident() < before+room })
	until(t, "one process runs", func() bool { return len(s.children()) == 1 })
}

// TestAnswersGoToTheirCallers sends 200 requests at once, each for a picture of a width of its own.
func TestAnswersGoToTheirCallers(t *testing.T) {
	const requests = 200
	s := start(t, "--queue", strconv.Itoa(requests))
	rose := s.rose("png")
	var clients sync.WaitGroup
	for i := range requests {
		clients.Go(func() {
			width := i + 1
			path, body := picturePath(fmt.Sprintf("-resize %dx10!", width), "png"), rose
			if i%2 == 0 {
				path = eventPath
				body = fmt.Appendf(nil, `{"operation":"convert","base64Image":%q,"customArgs":["-resize","%dx10!","-format","%%w","info:"]}`,
					base64Text(rose), width)
			}
			a, err := s.send(t.Context(), http.MethodPost, path, nil, bytes.NewReader(body))
			if err != nil || a.status != http.StatusOK {
				t.Errorf("request %d: %v, status %d: %.200s", i, err, a.status, a.body)
				return
			}
			got := string(a.body)
			if path != eventPath {
				picture, err := png.DecodeConfig(bytes.NewReader(a.body))
				if err != nil {
					t.Errorf("request %d: %v", i, err)
				}
				got = strconv.Quote(strconv.Itoa(picture.Width))
			}
			if got != strconv.Quote(strconv.Itoa(width)) {
				t.Errorf("request %d for a width of %d has got %s", i, width, got)
			}
		})
	}
	clients.Wait()
	s.fine(t)
}

// TestTimeout gives jobs less time than they take.
func TestTimeout(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "300ms")
	for _, w := range ways {
		failed(t, s, w.convert(s, slow, s.rose("png")), event.Timeout)
		s.fine(t)
	}
}
