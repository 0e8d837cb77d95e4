package quota_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bluerose/internal/apigateway/definition"
	"bluerose/internal/apigateway/quota"
)

// victimFile is the variable that makes the test program count until it is killed.
const victimFile = "QUOTA_TEST_FILE"

// victimQuota is the quota of which it counts.
var victimQuota = definition.Quota{Limit: 5000, Period: definition.Month}

func TestMain(m *testing.M) {
	if path := os.Getenv(victimFile); path != "" {
		c, err := quota.Open(context.Background(), quota.Config{Path: path, Now: noon})
		for ok := err == nil; ok; fmt.Println("taken") {
			if ok, _, err = c.Take(context.Background(), me, victimQuota); err != nil || !ok {
				break
			}
		}
		if err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

var me = quota.Caller{Mode: "apiKey", ID: "me"}

// noon is a Wednesday.
func noon() time.Time { return time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T, path string, now func() time.Time) *quota.Counter {
	t.Helper()
	c, err := quota.Open(t.Context(), quota.Config{Path: path, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shut(t *testing.T, c *quota.Counter) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// drain takes requests until there are no more, but at most limit, and gives how many they were.
func drain(t *testing.T, c *quota.Counter, caller quota.Caller, q definition.Quota, limit int) (n int) {
	t.Helper()
	for ; n < limit; n++ {
		if ok, _, err := c.Take(t.Context(), caller, q); err != nil {
			t.Fatal(err)
		} else if !ok {
			break
		}
	}
	return n
}

// A quota is counted over any number of ends and starts of the process, each caller's for itself.
func TestQuotaOutlivesTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quotas.db")
	for _, limit := range []int64{1, 7, 250, 30_000} {
		q := definition.Quota{Limit: limit, Period: definition.Day}
		caller := quota.Caller{Mode: "iam", ID: fmt.Sprint(limit)}
		total := 0
		for range 9 {
			c := open(t, path, noon)
			total += drain(t, c, caller, q, int(limit)/8)
			shut(t, c)
		}
		c := open(t, path, noon)
		total += drain(t, c, caller, q, 100_000)
		if total != int(limit) {
			t.Errorf("%d requests of %d", total, limit)
		}
		if n := drain(t, c, quota.Caller{Mode: "oauth", ID: caller.ID}, q, 10); n != min(10, int(limit)) {
			t.Errorf("another caller has %d requests", n)
		}
		shut(t, c)
	}
}

// The process is killed twenty times while it counts. No request comes back, and each kill costs one block at most.
func TestQuotaOutlivesKills(t *testing.T) {
	const kills, block = 20, 50
	path := filepath.Join(t.TempDir(), "quotas.db")
	total := 0
	for kill := range kills {
		victim := exec.Command(os.Args[0])
		victim.Env = []string{victimFile + "=" + path}
		victim.Stderr = os.Stderr
		out, err := victim.StdoutPipe()
		if err == nil {
			err = victim.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for range 100 + kill { // in the middle of a block
			if _, err := lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			total++
		}
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for err == nil { // what it had said before it died
			if _, err = lines.ReadString('\n'); err == nil {
				total++
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		_ = victim.Wait()
	}
	c := open(t, path, noon)
	defer shut(t, c)
	rest := drain(t, c, me, victimQuota, 100_000)
	total += rest
	if total > int(victimQuota.Limit) || total < int(victimQuota.Limit)-kills*block {
		t.Errorf("%d requests of %d after %d kills", total, victimQuota.Limit, kills)
	}
	t.Logf("%d requests of %d, %d of them after the last kill", total, victimQuota.Limit, rest)
}

// Two processes on one file, as while one takes over from the other, give no more together than one.
func TestTwoCountersShareAQuota(t *testing.T) {
	path := filepath.Join(t.TempDir(), "quotas.db")
	old, young := open(t, path, noon), open(t, path, noon)
	q := definition.Quota{Limit: 1000, Period: definition.Week}
	var total atomic.Int64
	var clients sync.WaitGroup
	for i := range 200 {
		c := []*quota.Counter{old, young}[i%2]
		clients.Go(func() {
			for range 10 {
				if ok, _, err := c.Take(t.Context(), me, q); err != nil {
					t.Error(err)
				} else if ok {
					total.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if total.Load() != 1000 {
		t.Errorf("%d requests of 1000", total.Load())
	}
	shut(t, old)
	shut(t, young)
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		period definition.Period
		wait   time.Duration // from noon of Wednesday, 30 September
	}{{definition.Day, 12 * time.Hour}, {definition.Week, 4*24*time.Hour + 12*time.Hour}, {definition.Month, 12 * time.Hour}} {
		now := noon()
		counter := open(t, filepath.Join(t.TempDir(), "quotas.db"), func() time.Time { return now })
		q := definition.Quota{Limit: 3, Period: c.period}
		if n := drain(t, counter, me, q, 10); n != 3 {
			t.Errorf("%s: %d requests", c.period, n)
		}
		if _, wait, _ := counter.Take(t.Context(), me, q); wait != c.wait {
			t.Errorf("%s: the next begins in %v, not in %v", c.period, wait, c.wait)
		}
		now = now.Add(c.wait - time.Second)
		if n := drain(t, counter, me, q, 10); n != 0 {
			t.Errorf("%s: %d requests in its last second", c.period, n)
		}
		now = now.Add(time.Second)
		if n := drain(t, counter, me, q, 10); n != 3 {
			t.Errorf("%s: %d requests in the next one", c.period, n)
		}
		shut(t, counter)
	}
}

// More callers than memory holds: those that are forgotten lose nothing.
func TestManyCallers(t *testing.T) {
	c, err := quota.Open(t.Context(), quota.Config{Path: filepath.Join(t.TempDir(), "quotas.db"), Now: noon, Callers: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, c)
	q := definition.Quota{Limit: 10_000, Period: definition.Day}
	drain(t, c, me, q, 150)
	for i := range 20 {
		drain(t, c, quota.Caller{Mode: "oauth", ID: fmt.Sprint(i)}, q, 1)
	}
	if n := drain(t, c, me, q, 100_000); n != 10_000-150 {
		t.Errorf("%d requests are left of 10,000 less 150", n)
	}
}

// A request that cannot be counted is not let through.
func TestFailure(t *testing.T) {
	c := open(t, filepath.Join(t.TempDir(), "quotas.db"), noon)
	q := definition.Quota{Limit: 1000, Period: definition.Day}
	drain(t, c, me, q, 1)
	shut(t, c)
	if ok, _, err := c.Take(t.Context(), me, q); ok || err == nil {
		t.Errorf("got %v, %v", ok, err)
	}
	if _, err := quota.Open(t.Context(), quota.Config{Path: t.TempDir()}); err == nil {
		t.Error("a folder was opened")
	}
}

func BenchmarkTake(b *testing.B) {
	c, err := quota.Open(b.Context(), quota.Config{Path: filepath.Join(b.TempDir(), "quotas.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for b.Loop() {
		if ok, _, err := c.Take(b.Context(), me, definition.Quota{Limit: 1e9, Period: definition.Month}); !ok {
			b.Fatal(err)
		}
	}
}
