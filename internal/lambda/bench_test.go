package lambda

import (
	"bytes"
	"log/slog"
	"testing"
)

// BenchmarkInvoke is the way of a request through the host and back, without the function's own time.
func BenchmarkInvoke(b *testing.B) {
	h, err := New(Config{
		Functions: []Function{{Name: "f"}}, Dir: b.TempDir(), Command: command, Instances: 1, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(b.Context()) })
	for name, payload := range map[string][]byte{"small": []byte("1"), "5MB": bytes.Repeat([]byte("b"), 5<<20)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(payload)))
			for b.Loop() {
				if _, err := h.Invoke(b.Context(), Invocation{Function: "f", Payload: payload}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
