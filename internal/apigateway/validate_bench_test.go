package apigateway_test

import (
	"strings"
	"testing"

	"bluerose/event"
)

// BenchmarkBodyAgainstSchema is what validation costs a JSON event, by the size of its picture.
func BenchmarkBodyAgainstSchema(b *testing.B) {
	invoke, _ := shipped(b).Route("invoke")
	for name, size := range map[string]int{"ping": 0, "4MB": 4 << 20, "44MB": 44 << 20} {
		body := []byte(`{"operation":"resize","width":512,"base64Image":"` + strings.Repeat("QUJD", size/4) + `","customArgs":["-negate"]}`)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				outline, err := event.Outline(body)
				if err != nil || invoke.BodySchema("application/json").Check(outline) != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
