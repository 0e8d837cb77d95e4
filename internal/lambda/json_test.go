package lambda

import (
	"encoding/json"
	"strings"
	"testing"
)

func jsonSeeds() []string {
	long := strings.Repeat("QUJD", 1000)
	return []string{
		``, `1`, `{}`, `"a`, `{"a":"` + long + `"}`, `{"a":"` + long + `","b":["` + long + `",1]}`,
		`{"a":"` + long + `}`, `{"a":"` + long + "\n" + `"}`, `{"a":"` + long + `\"` + long + `"}`, `{"a":"` + long + `\x"}`,
		`{"a":"` + long + `\\"}`, `{"a":"` + long + `\"}`, `"` + long + `" "` + long + `"`, long, `[` + long, "\"" + long + "\x00\"",
		`"` + long + `"\`, `\"` + long + `"`,
	}
}

func TestValidJSON(t *testing.T) {
	for _, text := range jsonSeeds() {
		if got, want := validJSON([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("%.40q… (%d bytes): %v, not %v", text, len(text), got, want)
		}
	}
}

func FuzzValidJSON(f *testing.F) {
	for _, text := range jsonSeeds() {
		f.Add([]byte(text), uint16(0))
	}
	f.Add([]byte(`{"a":"~"}`), uint16(2000))
	f.Add([]byte(`{"a":"~\u00e9~","b":"~"}`), uint16(1500))
	f.Fuzz(func(t *testing.T, data []byte, n uint16) {
		// "~" grows, so that long texts are easy to find.
		data = []byte(strings.ReplaceAll(string(data), "~", strings.Repeat("A", int(n%4096))))
		if got, want := validJSON(data), json.Valid(data); got != want {
			t.Errorf("%q: %v, not %v", data, got, want)
		}
	})
}

func BenchmarkValidJSON(b *testing.B) {
	data := []byte(`{"operation":"resize","base64Image":"` + strings.Repeat("QUJD", 1<<20) + `"}`)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if !validJSON(data) {
			b.Fatal("not valid")
		}
	}
}
