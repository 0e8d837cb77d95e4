package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"
)

// readyTimeout is how long the program that takes over may need until it serves.
const readyTimeout = time.Minute

// handover lets a new program take the place of this one without one connection being refused. On SIGUSR2 the program
// of the same path is started with this one's listener; when it serves, this one finishes what it has and ends. The file
// bluerose.pid of the data folder says which process serves. One process may have one handover.
type handover struct {
	upgrader *tableflip.Upgrader
	ctx      context.Context // ends when another program has taken over
	done     chan struct{}
}

// newHandover listens for SIGUSR2. failed hears of programs that did not come to serve.
func newHandover(dataDir string, failed func(error)) (*handover, error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	upgrader, err := tableflip.New(tableflip.Options{PIDFile: filepath.Join(dataDir, "bluerose.pid"), UpgradeTimeout: readyTimeout})
	if err != nil {
		return nil, fmt.Errorf("prepare to be restarted: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &handover{upgrader, ctx, make(chan struct{})}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR2)
	go func() {
		defer close(h.done)
		defer cancel()
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
				if err := upgrade(upgrader); err != nil {
					failed(err)
				}
			case <-upgrader.Exit():
				return
			}
		}
	}()
	return h, nil
}

// upgrade starts the new program when the one before this one, if there is one, has ended.
func upgrade(upgrader *tableflip.Upgrader) error {
	waiting, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := upgrader.WaitForParent(waiting); err != nil {
		return err
	}
	return upgrader.Upgrade()
}

// listen is a region's Config.Listen. Its error is that of the system: the upgrader's own only repeats its text.
func (h *handover) listen(ctx context.Context, network, addr string) (net.Listener, error) {
	var refused error
	listener, err := h.upgrader.ListenWithCallback(network, addr, func(network, addr string) (net.Listener, error) {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, network, addr)
		refused = err
		return listener, err
	})
	return listener, cmp.Or(refused, err)
}

// serving tells the program before this one, if there is one, that it may end.
func (h *handover) serving() error { return h.upgrader.Ready() }

func (h *handover) close() {
	h.upgrader.Stop()
	<-h.done
}
