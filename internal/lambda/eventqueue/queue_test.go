package eventqueue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, cfg Config) *Queue {
	t.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "events.db")
	}
	q, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func closeQueue(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}

func store(t *testing.T, q *Queue, lane, payload string, due time.Time) {
	t.Helper()
	if err := q.Put(Event{Lane: lane, Payload: []byte(payload), Accepted: due, Due: due}); err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, q *Queue, lane, want string) *Event {
	t.Helper()
	e := q.Take(t.Context(), lane)
	if e == nil || string(e.Payload) != want {
		t.Fatalf("took %+v, not %q", e, want)
	}
	return e
}

// nothingDue fails the test when an event of the lane is due.
func nothingDue(t *testing.T, q *Queue, lane string) {
	t.Helper()
	if e, wait, err := q.next(t.Context(), q.lane(lane), lane); e != nil || err != nil || wait <= 0 {
		t.Fatalf("%+v is due, wait %v, %v", e, wait, err)
	}
}

func TestOrderAndLanes(t *testing.T) {
	q := open(t, Config{})
	defer closeQueue(t, q)
	now := time.Now()
	store(t, q, "a", "later", now.Add(time.Hour))
	store(t, q, "a", "second", now.Add(-time.Minute))
	store(t, q, "a", "third", now.Add(-time.Minute))
	store(t, q, "b", "other", now.Add(-time.Hour))
	store(t, q, "a", "first", now.Add(-2*time.Minute))
	for _, want := range []string{"first", "second", "third"} {
		take(t, q, "a", want)
	}
	nothingDue(t, q, "a")
	take(t, q, "b", "other")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e := q.Take(ctx, "b"); e != nil {
		t.Errorf("took %+v after the end of the context", e)
	}
}

// Every field comes back, and a retry keeps what was changed.
func TestRetryAndReplace(t *testing.T) {
	q := open(t, Config{})
	accepted := time.UnixMilli(1_700_000_000_123)
	if err := q.Put(Event{Lane: "a", Head: []byte("h"), Payload: []byte("p"), Accepted: accepted, Due: accepted}); err != nil {
		t.Fatal(err)
	}
	e := take(t, q, "a", "p")
	if string(e.Head) != "h" || !e.Accepted.Equal(accepted) || !e.Due.Equal(accepted) || e.Failures != 0 || e.Delay != 0 {
		t.Errorf("%+v", e)
	}
	e.Failures, e.Delay, e.Due = 2, 3*time.Second, accepted.Add(time.Second)
	q.Retry(e)
	e = take(t, q, "a", "p")
	if e.Failures != 2 || e.Delay != 3*time.Second || !e.Due.Equal(accepted.Add(time.Second)) {
		t.Errorf("%+v", e)
	}
	e.Due = time.Now().Add(time.Hour)
	q.Retry(e)
	store(t, q, "a", "x", accepted)
	e = take(t, q, "a", "x")
	q.Replace(e, Event{Lane: "b", Payload: []byte("instead"), Accepted: accepted, Due: accepted})
	q.Done(take(t, q, "b", "instead"))
	closeQueue(t, q)

	q = open(t, q.cfg)
	defer closeQueue(t, q)
	if n, bytes := q.Waiting(); n != 1 || bytes != 2 {
		t.Errorf("%d events of %d bytes wait", n, bytes)
	}
	nothingDue(t, q, "a")
	nothingDue(t, q, "b")
}

// What was taken and not settled is there again after the end of the process, and what is done is not.
func TestOpenAgain(t *testing.T) {
	q := open(t, Config{})
	now := time.Now()
	for _, name := range []string{"done", "running", "waiting"} {
		store(t, q, "a", name, now)
	}
	q.Done(take(t, q, "a", "done"))
	take(t, q, "a", "running")
	closeQueue(t, q)
	if err := q.Put(Event{Lane: "a"}); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed queue says %v", err)
	}
	if _, err := os.Stat(q.cfg.Path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a closed queue leaves its log: %v", err)
	}
	q = open(t, q.cfg)
	defer closeQueue(t, q)
	take(t, q, "a", "running")
	take(t, q, "a", "waiting")
	nothingDue(t, q, "a")
}

func TestBounds(t *testing.T) {
	q := open(t, Config{Events: 3, Bytes: 10})
	defer closeQueue(t, q)
	store(t, q, "a", "12345", time.Now())
	if err := q.Put(Event{Lane: "a", Payload: []byte("123456")}); !errors.Is(err, ErrFull) {
		t.Errorf("11 bytes of 10: %v", err)
	}
	store(t, q, "b", "6789", time.Now())
	store(t, q, "b", "0", time.Now())
	if err := q.Put(Event{Lane: "b"}); !errors.Is(err, ErrFull) {
		t.Errorf("4 events of 3: %v", err)
	}
	q.Replace(take(t, q, "a", "12345"), Event{Lane: "c", Payload: []byte("for this there is room, always")})
	q.Done(take(t, q, "c", "for this there is room, always"))
	for q.Put(Event{Lane: "d", Payload: []byte("54321")}) != nil { // until the writer has noticed
	}
	if n, bytes := q.Waiting(); n != 3 || bytes != 10 {
		t.Errorf("%d events of %d bytes", n, bytes)
	}
}

// While two have the queue open, both accept events and the first takes them; then the second does.
func TestTakeOver(t *testing.T) {
	first := open(t, Config{Events: 4})
	first.Owned(t.Context())
	now := time.Now()
	store(t, first, "a", "one", now.Add(-3))
	second := open(t, first.cfg)
	defer closeQueue(t, second)
	store(t, second, "a", "two", now.Add(-2))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if second.Owned(ended) {
		t.Fatal("both take events")
	}
	first.Done(take(t, first, "a", "one"))
	take(t, first, "a", "two")
	store(t, first, "a", "three", now.Add(-1))
	closeQueue(t, first)
	take(t, second, "a", "two")
	take(t, second, "a", "three")
	if n, _ := second.Waiting(); n != 2 || second.WaitingIn("a") != 2 || second.WaitingIn("b") != 0 {
		t.Errorf("%d events wait, %d in their lane", n, second.WaitingIn("a"))
	}
}

// A full disk refuses what comes, keeps what it has, and takes events again when there is room.
func TestFullDisk(t *testing.T) {
	q := open(t, Config{})
	defer closeQueue(t, q)
	store(t, q, "a", "before", time.Now())
	limit := func(pages int) {
		t.Helper()
		if _, err := q.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // as many as there are
	big := Event{Lane: "a", Payload: make([]byte, 100_000)}
	if err := q.Put(big); err == nil || errors.Is(err, ErrFull) {
		t.Fatalf("a full disk gives %v", err)
	}
	if n, _ := q.Waiting(); n != 1 {
		t.Errorf("%d events wait", n)
	}
	e := take(t, q, "a", "before")
	q.Retry(e) // needs no more room, though writes have failed
	q.Done(take(t, q, "a", "before"))
	limit(100_000)
	if err := q.Put(big); err != nil {
		t.Fatal(err)
	}
}

// Many put and take at once, and each event is taken by one.
func TestManyAtOnce(t *testing.T) {
	const putters, each, workers = 16, 50, 4
	q := open(t, Config{})
	defer closeQueue(t, q)
	var mu sync.Mutex
	seen := map[string]int{}
	var takers, all sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	all.Add(putters * each)
	for range workers {
		takers.Go(func() {
			for {
				e := q.Take(ctx, "a")
				if e == nil {
					return
				}
				mu.Lock()
				seen[string(e.Payload)]++
				again := e.Failures == 0 && len(seen)%3 == 0
				mu.Unlock()
				if again {
					e.Failures++
					q.Retry(e)
					continue
				}
				q.Done(e)
				all.Done()
			}
		})
	}
	for i := range putters {
		go func() {
			for j := range each {
				now := time.Now()
				if err := q.Put(Event{Lane: "a", Payload: fmt.Appendf(nil, "%d %d", i, j), Accepted: now, Due: now}); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
	stop()
	takers.Wait()
	if len(seen) != putters*each {
		t.Errorf("%d events of %d", len(seen), putters*each)
	}
}

// However long the queue is, a lane keeps one page of it in memory.
func TestPages(t *testing.T) {
	const all = 3 * pageSize
	q := open(t, Config{})
	defer closeQueue(t, q)
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { store(t, q, "a", "x", time.UnixMilli(int64(i))) })
	}
	wg.Wait()
	l := q.lane("a")
	for i := range all {
		if e := take(t, q, "a", "x"); e.Due.UnixMilli() != int64(i) {
			t.Fatalf("event %d is due at %v", i, e.Due)
		}
		if len(l.ready) > pageSize+len(l.taken) {
			t.Fatalf("%d events in memory", len(l.ready))
		}
	}
	nothingDue(t, q, "a")
}

func TestDiscard(t *testing.T) {
	q := open(t, Config{})
	defer closeQueue(t, q)
	now := time.Now()
	store(t, q, "gone", "old", now.Add(-time.Hour))
	store(t, q, "gone", "new", now)
	store(t, q, "a", "old", now.Add(-time.Hour))
	if n, err := q.Discard(t.Context(), []string{"a"}, now.Add(-time.Minute)); n != 1 || err != nil {
		t.Errorf("%d discarded, %v", n, err)
	}
	if n, bytes := q.Waiting(); n != 2 || bytes != 6 {
		t.Errorf("%d events of %d bytes wait", n, bytes)
	}
}

func BenchmarkPut(b *testing.B) {
	q, err := Open(b.Context(), Config{Path: filepath.Join(b.TempDir(), "events.db"), Events: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := q.Put(Event{Lane: "a", Payload: []byte(`{"operation":"ping"}`), Accepted: time.Now(), Due: time.Now()}); err != nil {
				b.Error(err)
			}
		}
	})
	if err := q.Close(); err != nil {
		b.Error(err)
	}
}
