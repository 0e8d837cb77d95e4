package region_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bluerose/internal/region"
)

// hang sends an event that never ends, and hangs up when leave is called, which waits for that.
func hang(t *testing.T, r *region.Region, event string) (leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", r.URL()+service, strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	var client sync.WaitGroup
	client.Go(func() {
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			t.Errorf("what hangs was answered: %s", response.Status)
		}
	})
	leave = func() {
		cancel()
		client.Wait()
	}
	t.Cleanup(leave)
	return leave
}

// While an instance works on something that will take longer than callers wait, they are told so at once; then all is well.
func TestOverloadIsRefusedAtOnce(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.Instances, cfg.Timeout = 1, time.Minute; noCache(cfg) })
	post(t, r, service, `{"operation":"sleep"}`) // 200 ms for something of no size
	const huge = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00"
	leave := hang(t, r, `{"operation":"hang","base64Image":"`+base64.StdEncoding.EncodeToString([]byte(huge))+`"}`)
	waitForMetric(t, r, `bluerose_function_instances_busy{function="image"} 1`)
	status, header, body := post(t, r, service, `{"operation":"ping"}`)
	if status != 429 || header.Get("Retry-After") != "60" || !strings.Contains(body, `"errorType":"Throttled"`) {
		t.Errorf("got %d %v %s", status, header, body)
	}
	waitForMetric(t, r, `bluerose_function_sheds_total{function="image"} 1`)
	waitForMetric(t, r, `bluerose_throttled_requests_total{reason="load"} 1`)
	leave()
	waitForMetric(t, r, `bluerose_function_cost{function="image"} 0`)
	if status, _, body := post(t, r, service, `{"operation":"ping"}`); status != 200 {
		t.Errorf("afterwards: got %d %s", status, body)
	}
}

// Clients that hang up leave nothing behind, whether their request ran or waited.
func TestHangingUpFreesItsPlace(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.Instances, cfg.Queue = 1, 5; noCache(cfg) })
	post(t, r, service, `{"operation":"ping"}`)
	var leave []func()
	for range 6 {
		leave = append(leave, hang(t, r, `{"operation":"hang"}`))
	}
	waitForMetric(t, r, `bluerose_function_queue_length{function="image"} 5`)
	if status, _, _ := post(t, r, service, `{"operation":"ping"}`); status != 429 {
		t.Errorf("got %d while everything is full", status)
	}
	for _, l := range leave {
		l()
	}
	for _, name := range []string{"queue_length", "instances_busy", "cost"} {
		waitForMetric(t, r, `bluerose_function_`+name+`{function="image"} 0`)
	}
	if status, _, body := post(t, r, service, `{"operation":"ping"}`); status != 200 {
		t.Errorf("afterwards: got %d %s", status, body)
	}
}

func TestQuotasAreInTheDataFolder(t *testing.T) {
	dir := t.TempDir()
	r := startUnclosed(t, func(cfg *region.Config) { cfg.DataDir = dir })
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "quotas.db")); err != nil {
		t.Error(err)
	}
}
