package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bluerose/internal/table"
)

// memory is a Source of one table with the keys test and n.
type memory struct {
	mu      sync.Mutex
	all     []table.Change
	cursors map[string]int64
	changed chan struct{}
}

func newMemory() *memory { return &memory{cursors: map[string]int64{}, changed: make(chan struct{})} }

// add puts items named by letters, one change each.
func (m *memory) add(names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		m.all = append(m.all, table.Change{Sequence: int64(len(m.all) + 1), At: time.Now(), New: table.Item{"test": name, "n": json.Number("1")}})
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) Owned(context.Context) bool { return true }

func (m *memory) Schema(context.Context, string) (table.Schema, error) {
	return table.Schema{Name: "results", Hash: "test", Range: "n", Stream: true}, nil
}

func (m *memory) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *memory) Changes(_ context.Context, _ string, after int64, limit, _ int) ([]table.Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.all[after:]
	return left[:min(limit, len(left))], nil
}

func (m *memory) Cursor(_ context.Context, reader, _ string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[reader], nil
}

func (m *memory) Advance(_ context.Context, reader, _ string, sequence int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cursors[reader] = sequence
	return nil
}

// function is what a mapping invokes: it notes what came, and fails as its test says.
type function struct {
	began time.Time
	seen  []string                           // of each event: "seconds since the start:names"
	fail  func(names string) (string, error) // the function's error, and the host's
	lost  []string
}

func (f *function) invoke(_ context.Context, event []byte) (Outcome, error) {
	var e streamEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return Outcome{}, err
	}
	var names strings.Builder
	for _, record := range e.Records {
		var keys struct{ Test struct{ S string } }
		if err := json.Unmarshal(record.DynamoDB.Keys, &keys); err != nil {
			return Outcome{}, err
		}
		names.WriteString(keys.Test.S)
	}
	f.seen = append(f.seen, fmt.Sprintf("%v:%s", time.Since(f.began).Seconds(), names.String()))
	if f.fail == nil {
		return Outcome{}, nil
	}
	failure, err := f.fail(names.String())
	return Outcome{FunctionError: failure, RequestID: "request", Version: "$LATEST"}, err
}

func (f *function) discard(_ context.Context, record []byte) error {
	var r discardRecord
	if err := json.Unmarshal(record, &r); err != nil {
		return err
	}
	if len(f.lost) == 0 {
		f.lost = append(f.lost, "refused")
		return errors.New("too many events")
	}
	f.lost = append(f.lost, fmt.Sprintf("%s %s-%s after %d", r.RequestContext.Condition,
		r.DDBStreamBatchInfo.StartSequenceNumber, r.DDBStreamBatchInfo.EndSequenceNumber, r.RequestContext.ApproximateInvokeCount))
	return nil
}

// failing fails the events that hold a name.
func failing(name string) func(string) (string, error) {
	return func(names string) (string, error) {
		if strings.Contains(names, name) {
			return "Unhandled", nil
		}
		return "", nil
	}
}

func TestMapping(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  Config
		fail func(string) (string, error)
		act  func(*memory)
		want string
		lost string
	}{
		"batches in order": {
			cfg:  Config{BatchSize: 2},
			want: "0:ab 0:c 10:d",
			act: func(m *memory) {
				time.Sleep(10 * time.Second)
				m.add("d")
			},
		},
		"a window": {
			cfg:  Config{BatchSize: 5, Window: 10 * time.Second},
			want: "5:abcde 15:f",
			act: func(m *memory) {
				time.Sleep(5 * time.Second)
				m.add("d", "e", "f")
			},
		},
		"retries, then the record": {
			cfg:  Config{BatchSize: 2, Retries: 2},
			fail: failing("b"),
			want: "0:ab 1:ab 3:ab 4:c",
			lost: "refused RetryAttemptsExhausted 1-2 after 3",
		},
		"no retries": {
			cfg: Config{BatchSize: 1, Retries: NoRetries}, fail: failing("b"), want: "0:a 0:b 1:c",
			lost: "refused RetryAttemptsExhausted 2-2 after 1",
		},
		"bisect": {
			cfg:  Config{Retries: 1, Bisect: true},
			fail: failing("b"),
			want: "0:abc 1:a 1:bc 2:b 3:b 4:c",
			lost: "refused RetryAttemptsExhausted 2-2 after 2",
		},
		"until too old": {
			cfg:  Config{MaxAge: 5 * time.Second},
			fail: failing("a"),
			want: "0:abc 1:abc 3:abc 8:d",
			act:  func(m *memory) { time.Sleep(4 * time.Second); m.add("d") },
			lost: "refused RecordAgeExceeded 1-3 after 3",
		},
		"a host that has no room": {
			cfg: Config{Retries: NoRetries},
			fail: func() func(string) (string, error) {
				n := 0
				return func(string) (string, error) {
					if n++; n < 4 {
						return "", errors.New("too many requests")
					}
					return "", nil
				}
			}(),
			want: "0:abc 1:abc 3:abc 7:abc",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, f := newMemory(), &function{began: time.Now(), fail: test.fail}
				source.add("a", "b", "c")
				cfg := test.cfg
				cfg.Source, cfg.Table, cfg.Name, cfg.Invoke, cfg.Discard = source, "results", "m", f.invoke, f.discard
				m, err := Start(cfg)
				if err != nil {
					t.Fatal(err)
				}
				if test.act != nil {
					test.act(source)
				}
				time.Sleep(time.Minute)
				m.Close(t.Context())
				if got := strings.Join(f.seen, " "); got != test.want {
					t.Errorf("seen %q, want %q", got, test.want)
				}
				if got := strings.Join(f.lost, " "); got != test.lost {
					t.Errorf("lost %q, want %q", got, test.lost)
				}
				if at := source.cursors["m"]; at != int64(len(source.all)) {
					t.Errorf("the cursor is at %d of %d", at, len(source.all))
				}
			})
		})
	}
}

// A mapping that is closed lets its batch finish; one that must end cuts it off and hands it over again after a start.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newMemory()
		source.add("a")
		var seen []time.Duration
		began := time.Now()
		cfg := Config{Source: source, Table: "results", Name: "m", Invoke: func(ctx context.Context, _ []byte) (Outcome, error) {
			seen = append(seen, time.Since(began))
			select {
			case <-time.After(10 * time.Second):
				return Outcome{}, nil
			case <-ctx.Done():
				return Outcome{}, ctx.Err()
			}
		}}
		for i, want := range []int64{0, 1} {
			m, err := Start(cfg)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), []time.Duration{time.Second, time.Minute}[i])
			m.Close(ctx)
			cancel()
			if at := source.cursors["m"]; at != want {
				t.Errorf("after start %d the cursor is at %d", i, at)
			}
		}
		if len(seen) != 2 || seen[1] != time.Second || time.Since(began) != 11*time.Second {
			t.Errorf("handed over at %v, ended at %v", seen, time.Since(began))
		}
	})
}

// TestEvent compares with an event of DynamoDB Streams.
func TestEvent(t *testing.T) {
	r := reader{Config: Config{Region: "eu-west-1", StreamARN: "arn:stream"}}
	r.schema = table.Schema{Hash: "test", Range: "n"}
	at := time.UnixMilli(1_800_000_000_500)
	old, now := table.Item{"test": "a", "n": json.Number("7"), "passed": false}, table.Item{"test": "a", "n": json.Number("7"), "passed": true}
	for name, test := range map[string]struct {
		change table.Change
		want   string
	}{
		"INSERT": {table.Change{Sequence: 5, At: at, New: now}, `"NewImage":{"n":{"N":"7"},"passed":{"BOOL":true},"test":{"S":"a"}},"SequenceNumber"`},
		"MODIFY": {table.Change{Sequence: 5, At: at, New: now, Old: old}, `"NewImage":{"n":{"N":"7"},"passed":{"BOOL":true},"test":{"S":"a"}},"OldImage":{"n":{"N":"7"},"passed":{"BOOL":false},"test":{"S":"a"}},"SequenceNumber"`},
		"REMOVE": {table.Change{Sequence: 5, At: at, Old: old}, `"OldImage":{"n":{"N":"7"},"passed":{"BOOL":false},"test":{"S":"a"}},"SequenceNumber"`},
	} {
		got := string(r.event([]table.Change{test.change}))
		want := `"eventName":"` + name + `","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-west-1","dynamodb":{` +
			`"ApproximateCreationDateTime":1800000000.5,"Keys":{"n":{"N":"7"},"test":{"S":"a"}},` + test.want + `:"5","SizeBytes":`
		if !strings.Contains(got, want) || !strings.HasSuffix(got, `"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":"arn:stream"}]}`) {
			t.Errorf("got  %s\nwant …%s…", got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Config{Source: newMemory(), Table: "t", Name: "n", Invoke: (&function{}).invoke}
	for name, change := range map[string]func(*Config){
		"no source": func(c *Config) { c.Source = nil }, "no table": func(c *Config) { c.Table = "" }, "no name": func(c *Config) { c.Name = "" },
		"no function": func(c *Config) { c.Invoke = nil }, "a large batch": func(c *Config) { c.BatchSize = 10_001 },
		"a long window": func(c *Config) { c.Window = time.Hour }, "negative retries": func(c *Config) { c.Retries = -2 },
	} {
		cfg := good
		change(&cfg)
		if _, err := Start(cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
