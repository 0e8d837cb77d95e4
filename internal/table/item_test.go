package table

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestItemOf(t *testing.T) {
	type record struct {
		Test string    `json:"test"`
		N    float64   `json:"n"`
		At   time.Time `json:"at"`
	}
	in := record{"a", 1e21, time.Unix(1, 5).UTC()}
	item, err := ItemOf(in)
	if err != nil || item["n"] != json.Number("1000000000000000000000") {
		t.Fatalf("%v, %v", item, err)
	}
	var out record
	if err := item.Into(&out); err != nil || out != in {
		t.Errorf("%+v, %v", out, err)
	}
	for what, v := range map[string]any{"a list": []int{}, "nothing": nil, "no JSON": math.NaN(), "a function": func() {}} {
		if item, err := ItemOf(v); err == nil {
			t.Errorf("%s became %v", what, item)
		}
	}
}

// FuzzAttributes turns items into DynamoDB's JSON and back.
func FuzzAttributes(f *testing.F) {
	f.Add([]byte(`{"a": [1, "x", null, true, {"b": {}}], "": -1.5e3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		item, err := ParseItem(text)
		if err != nil {
			return
		}
		typed, err := json.Marshal(Attributes(item))
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(typed, &raw); err != nil {
			t.Fatal(err)
		}
		back, err := FromAttributes(raw)
		if err != nil || !reflect.DeepEqual(back, item) {
			t.Errorf("%s became %v, %v", text, back, err)
		}
	})
}

// FuzzFromAttributes reads what strangers send.
func FuzzFromAttributes(f *testing.F) {
	f.Add([]byte(`{"a": {"L": [{"N": "1"}, {"M": {"b": {"NULL": true}}}]}, "c": {"BOOL": false}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var raw map[string]json.RawMessage
		if json.Unmarshal(text, &raw) != nil {
			return
		}
		if item, err := FromAttributes(raw); err == nil {
			if _, err := normal(map[string]any(item), 0); err != nil {
				t.Errorf("%s gives %v: %v", text, item, err)
			}
		}
	})
}
