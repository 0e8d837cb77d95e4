// Package tabletest holds every table.Store to one contract, and starts a DynamoDB for the tests that need one.
package tabletest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"bluerose/event"
	"bluerose/internal/table"
)

// Run tests a store that has no tables yet.
func Run(t *testing.T, store table.Store) {
	for name, test := range map[string]func(*testing.T, table.Store, string){
		"create": create, "put and get": putAndGet, "numbers": numbers, "bad items": badItems, "conditions": conditions,
		"query": query, "filter": filter, "scan": scan, "delete": remove, "no range key": noRangeKey,
		"missing table": missingTable, "large pages": largePages, "writers": writers,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, store, "t."+strings.ReplaceAll(name, " ", "_"))
		})
	}
}

// newTable makes a table with the keys test and n.
func newTable(t *testing.T, store table.Store, name string) {
	t.Helper()
	if err := store.Create(t.Context(), table.Schema{Name: name, Hash: "test", Range: "n"}); err != nil {
		t.Fatal(err)
	}
}

// parse gives the item of a text.
func parse(t *testing.T, text string) table.Item {
	t.Helper()
	item, err := table.ParseItem([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func numbered(t *testing.T, hash string, n int64, more string) table.Item {
	t.Helper()
	return parse(t, fmt.Sprintf(`{"test": %q, "n": %d%s}`, hash, n, more))
}

func put(t *testing.T, store table.Store, name string, items ...table.Item) {
	t.Helper()
	if err := store.Put(t.Context(), name, items...); err != nil {
		t.Fatal(err)
	}
}

func wantItem(t *testing.T, store table.Store, name string, key table.Key, want table.Item) {
	t.Helper()
	got, err := store.Get(t.Context(), name, key)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: got %v, %v; want %v", key, got, err, want)
	}
}

func wantKind(t *testing.T, what string, err error, kind event.Kind) {
	t.Helper()
	if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != kind {
		t.Errorf("%s: got %v, want %s", what, err, kind)
	}
}

func create(t *testing.T, store table.Store, name string) {
	schema := table.Schema{Name: name, Hash: "test", Range: "n"}
	for range 2 {
		if err := store.Create(t.Context(), schema); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := store.Schema(t.Context(), name); err != nil || got != schema {
		t.Errorf("got %+v, %v", got, err)
	}
	other := schema
	other.Range = "m"
	wantKind(t, "another range key", store.Create(t.Context(), other), event.InvalidRequest)
	for _, bad := range []table.Schema{{}, {Name: "a", Hash: "h"}, {Name: "a b c", Hash: "h"}, {Name: "abc"}, {Name: "abc", Hash: "h", Range: "h"}} {
		wantKind(t, fmt.Sprintf("%+v", bad), store.Create(t.Context(), bad), event.InvalidRequest)
	}
	streamed := table.Schema{Name: name + ".streamed", Hash: "test", Stream: true}
	for range 2 {
		if err := store.Create(t.Context(), streamed); err != nil {
			t.Error(err)
		}
	}
	if got, err := store.Schema(t.Context(), streamed.Name); err != nil || !got.SameKeys(streamed) {
		t.Errorf("got %+v, %v", got, err)
	}
	names, err := store.Tables(t.Context())
	if err != nil || !strings.Contains(strings.Join(names, "\n"), name) {
		t.Errorf("the tables are %q, %v", names, err)
	}
}

func putAndGet(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	item := numbered(t, "a", 1, `, "result": {"text": "ü\u0000<&>", "empty": "", "list": [1, true, null, {"deep": []}], "object": {}}, "passed": false`)
	for range 2 { // as at-least-once delivery does
		put(t, store, name, item)
	}
	wantItem(t, store, name, table.Key{Hash: "a", Range: 1}, item)
	wantItem(t, store, name, table.Key{Hash: "a", Range: 2}, nil)
	wantItem(t, store, name, table.Key{Hash: "b", Range: 1}, nil)
	replaced := numbered(t, "a", 1, `, "passed": true`)
	put(t, store, name, replaced)
	wantItem(t, store, name, table.Key{Hash: "a", Range: 1}, replaced)
	put(t, store, name)
}

func numbers(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	put(t, store, name, numbered(t, "a", 0, `, "v": [0, -0, 1.0, 1e3, -2.50, 1E-3, 12345678901234567890123456789012345678, 0.1, 1e20]`))
	wantItem(t, store, name, table.Key{Hash: "a"}, table.Item{"test": "a", "n": json.Number("0"), "v": []any{
		json.Number("0"), json.Number("0"), json.Number("1"), json.Number("1000"), json.Number("-2.5"), json.Number("0.001"),
		json.Number("12345678901234567890123456789012345678"), json.Number("0.1"), json.Number("100000000000000000000"),
	}})
}

func badItems(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	good := numbered(t, "a", 1, "")
	deep := any(nil)
	for range table.MaxDepth + 1 {
		deep = []any{deep}
	}
	for what, item := range map[string]table.Item{
		"no keys":            {},
		"no range key":       {"test": "a"},
		"an empty hash":      {"test": "", "n": json.Number("1")},
		"a long hash":        {"test": strings.Repeat("a", table.MaxHash+1), "n": json.Number("1")},
		"a hash of numbers":  {"test": json.Number("1"), "n": json.Number("1")},
		"a range of text":    {"test": "a", "n": "1"},
		"a fraction":         {"test": "a", "n": json.Number("1.5")},
		"a large range":      {"test": "a", "n": json.Number("9007199254740993")},
		"a deep item":        {"test": "a", "n": json.Number("1"), "v": deep},
		"a long number":      {"test": "a", "n": json.Number("1"), "v": json.Number("1." + strings.Repeat("1", 40))},
		"a huge number":      {"test": "a", "n": json.Number("1"), "v": json.Number("1e200")},
		"no number":          {"test": "a", "n": json.Number("1"), "v": json.Number("one")},
		"a value of Go":      {"test": "a", "n": json.Number("1"), "v": 1.5},
		"the same key twice": nil,
	} {
		items := []table.Item{good, item}
		if item == nil {
			items = []table.Item{good, numbered(t, "a", 1, `, "other": 1`)}
		}
		wantKind(t, what, store.Put(t.Context(), name, items...), event.InvalidRequest)
	}
	large := numbered(t, "a", 1, "")
	large["v"] = strings.Repeat("a", table.MaxItem)
	wantKind(t, "a large item", store.Put(t.Context(), name, large), event.PayloadTooLarge)
	_, err := store.Get(t.Context(), name, table.Key{})
	wantKind(t, "an empty key", err, event.InvalidRequest)
	wantItem(t, store, name, table.Key{Hash: "a", Range: 1}, nil) // nothing of it was stored
}

func conditions(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	at := table.Key{Hash: "a", Range: 1}
	first, second := numbered(t, "a", 1, `, "v": 1`), numbered(t, "a", 1, `, "v": 2, "w": "x"`)
	for _, step := range []struct {
		what string
		item table.Item
		now  table.Equal
		met  bool
	}{
		{"a value where nothing is", first, table.Equal{"v": json.Number("1")}, false},
		{"nothing where nothing is", first, table.Equal{"v": nil}, true},
		{"nothing where something is", second, table.Equal{"v": nil}, false},
		{"another value", second, table.Equal{"v": json.Number("3")}, false},
		{"another type", second, table.Equal{"v": "1"}, false},
		{"one of two", second, table.Equal{"v": json.Number("1"), "w": "x"}, false},
		{"the value, and nothing", second, table.Equal{"v": json.Number("1.0"), "w": nil}, true},
		{"both", first, table.Equal{"v": json.Number("2"), "w": "x"}, true},
		{"no condition", second, nil, true},
	} {
		before, err := store.Get(t.Context(), name, at)
		if err != nil {
			t.Fatal(err)
		}
		want := before
		if step.met {
			want = step.item
		}
		err = store.PutIf(t.Context(), name, step.item, step.now)
		if step.met && err != nil || !step.met && !errors.Is(err, table.ErrCondition) {
			t.Errorf("%s: %v", step.what, err)
		}
		wantItem(t, store, name, at, want)
	}
	wantKind(t, "a list", store.PutIf(t.Context(), name, first, table.Equal{"v": []any{}}), event.InvalidRequest)
}

// keys gives the range keys of items.
func keys(items []table.Item) string {
	var b strings.Builder
	for _, item := range items {
		fmt.Fprintf(&b, "%v ", item["n"])
	}
	return strings.TrimSpace(b.String())
}

func query(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	var items []table.Item
	for _, n := range []int64{10, 9, -1, 0, 1_000_000_000, 2, 1} {
		items = append(items, numbered(t, "a", n, ""), numbered(t, "b", n+1, ""))
	}
	put(t, store, name, items...)
	for _, q := range []struct {
		table.Query
		want string
		more bool
	}{
		{table.Query{Hash: "a"}, "-1 0 1 2 9 10 1000000000", false},
		{table.Query{Hash: "a", Descending: true}, "1000000000 10 9 2 1 0 -1", false},
		{table.Query{Hash: "a", Limit: 3}, "-1 0 1", true},
		{table.Query{Hash: "a", Limit: 3, After: &table.Key{Hash: "a", Range: 1}}, "2 9 10", true},
		{table.Query{Hash: "a", After: &table.Key{Hash: "a", Range: 5}}, "9 10 1000000000", false},
		{table.Query{Hash: "a", After: &table.Key{Hash: "a", Range: 2}, Descending: true}, "1 0 -1", false},
		{table.Query{Hash: "c"}, "", false},
	} {
		page, err := store.Query(t.Context(), name, q.Query)
		if err != nil || keys(page.Items) != q.want || (page.Next != nil) != q.more {
			t.Errorf("%+v: got %q, next %v, %v", q.Query, keys(page.Items), page.Next, err)
		}
	}
	var all []table.Item
	for item, err := range table.All(t.Context(), store, name, table.Query{Hash: "a", Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	if keys(all) != "-1 0 1 2 9 10 1000000000" {
		t.Errorf("page by page: %s", keys(all))
	}
	_, err := store.Query(t.Context(), name, table.Query{})
	wantKind(t, "no hash", err, event.InvalidRequest)
	_, err = store.Query(t.Context(), name, table.Query{Hash: "a", Limit: -1})
	wantKind(t, "a negative limit", err, event.InvalidRequest)
}

func filter(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	for n := range int64(10) {
		put(t, store, name, numbered(t, "a", n, fmt.Sprintf(`, "passed": %v, "test2": "x"`, n%4 != 0)))
	}
	failed := table.Equal{"passed": false, "none": nil}
	page, err := store.Query(t.Context(), name, table.Query{Hash: "a", Filter: failed})
	if err != nil || keys(page.Items) != "0 4 8" {
		t.Errorf("got %q, %v", keys(page.Items), err)
	}
	page, err = store.Query(t.Context(), name, table.Query{Hash: "a", Filter: failed, Limit: 3, After: &table.Key{Hash: "a", Range: 4}})
	if err != nil || len(page.Items) != 0 || page.Next == nil || page.Next.Range != 7 {
		t.Errorf("a page without items: got %q, next %v, %v", keys(page.Items), page.Next, err)
	}
	page, err = store.Scan(t.Context(), name, table.Scan{Filter: failed})
	if err != nil || keys(page.Items) != "0 4 8" {
		t.Errorf("scan: got %q, %v", keys(page.Items), err)
	}
}

func scan(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	for _, hash := range []string{"b", "a", "c"} {
		for n := range int64(3) {
			put(t, store, name, numbered(t, hash, n, ""))
		}
	}
	got := map[string]string{}
	for item, err := range table.AllOf(t.Context(), store, name, table.Scan{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got[item["test"].(string)] += string(item["n"].(json.Number))
	}
	if !reflect.DeepEqual(got, map[string]string{"a": "012", "b": "012", "c": "012"}) {
		t.Errorf("got %v", got)
	}
}

func remove(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	var items []table.Item
	for n := range int64(60) {
		items = append(items, numbered(t, "a", n, ""))
	}
	put(t, store, name, append(items, numbered(t, "b", 0, ""))...)
	gone := table.Key{Hash: "a", Range: 7}
	if err := store.Delete(t.Context(), name, gone, table.Key{Hash: "a", Range: 100}, gone); err != nil {
		t.Fatal(err)
	}
	wantItem(t, store, name, gone, nil)
	wantItem(t, store, name, table.Key{Hash: "a", Range: 8}, items[8])
	if err := table.DeleteHash(t.Context(), store, name, "a"); err != nil {
		t.Fatal(err)
	}
	page, err := store.Scan(t.Context(), name, table.Scan{})
	if err != nil || len(page.Items) != 1 || page.Items[0]["test"] != "b" {
		t.Errorf("left: %v, %v", page.Items, err)
	}
	wantKind(t, "an empty key", store.Delete(t.Context(), name, table.Key{}), event.InvalidRequest)
}

func noRangeKey(t *testing.T, store table.Store, name string) {
	if err := store.Create(t.Context(), table.Schema{Name: name, Hash: "test"}); err != nil {
		t.Fatal(err)
	}
	a, b := parse(t, `{"test": "a", "n": 1}`), parse(t, `{"test": "b", "n": 2}`)
	put(t, store, name, a, b)
	wantItem(t, store, name, table.Key{Hash: "a"}, a)
	page, err := store.Query(t.Context(), name, table.Query{Hash: "b"})
	if err != nil || keys(page.Items) != "2" || page.Next != nil {
		t.Errorf("got %v, %v", page, err)
	}
	_, err = store.Get(t.Context(), name, table.Key{Hash: "a", Range: 1})
	wantKind(t, "a range key", err, event.InvalidRequest)
}

func missingTable(t *testing.T, store table.Store, name string) {
	key, item := table.Key{Hash: "a", Range: 1}, numbered(t, "a", 1, "")
	_, schemaErr := store.Schema(t.Context(), name)
	_, getErr := store.Get(t.Context(), name, key)
	_, queryErr := store.Query(t.Context(), name, table.Query{Hash: "a"})
	_, scanErr := store.Scan(t.Context(), name, table.Scan{})
	for what, err := range map[string]error{
		"Schema": schemaErr, "Get": getErr, "Query": queryErr, "Scan": scanErr,
		"Put": store.Put(t.Context(), name, item), "PutIf": store.PutIf(t.Context(), name, item, nil),
		"Delete": store.Delete(t.Context(), name, key),
	} {
		wantKind(t, what, err, event.NotFound)
		if !strings.Contains(fmt.Sprint(err), name) {
			t.Errorf("%s does not name the table: %v", what, err)
		}
	}
}

// largePages has more in a table than a page takes.
func largePages(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	text := strings.Repeat("x", 300<<10)
	for n := range int64(8) {
		put(t, store, name, numbered(t, "a", n, fmt.Sprintf(`, "text": %q`, text)))
	}
	page, err := store.Query(t.Context(), name, table.Query{Hash: "a"})
	if err != nil || page.Next == nil || len(page.Items) > 5 {
		t.Fatalf("%d items in a page, next %v, %v", len(page.Items), page.Next, err)
	}
	n := 0
	for _, err := range table.All(t.Context(), store, name, table.Query{Hash: "a"}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 8 {
		t.Errorf("%d items", n)
	}
}

// writers has many write at the same time.
func writers(t *testing.T, store table.Store, name string) {
	newTable(t, store, name)
	var wg sync.WaitGroup
	won := make(chan int64, 16)
	for w := range int64(16) {
		wg.Go(func() {
			for n := range int64(8) {
				put(t, store, name, numbered(t, fmt.Sprint(w), n, ""))
			}
			err := store.PutIf(t.Context(), name, numbered(t, "one", 0, fmt.Sprintf(`, "w": %d`, w)), table.Equal{"w": nil})
			if err == nil {
				won <- w
			} else if !errors.Is(err, table.ErrCondition) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d writers met a condition that one can meet", len(won))
	}
	n := 0
	for _, err := range table.AllOf(t.Context(), store, name, table.Scan{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 16*8+1 {
		t.Errorf("%d items", n)
	}
}
