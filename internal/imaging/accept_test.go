package imaging

import "testing"

func TestNegotiate(t *testing.T) {
	offers := []offer{{"jpeg", "image/jpeg"}, {"png", "image/png"}, {"avif", "image/avif"}, {"webp", "image/webp"}}
	for accept, want := range map[string]string{
		"":                              "jpeg",
		"*/*":                           "jpeg",
		"image/*":                       "jpeg",
		"image/png":                     "png",
		"IMAGE/PNG":                     "png",
		"image/webp,image/png":          "webp",
		"image/png,image/webp":          "png",
		"image/png,image/jpeg":          "jpeg",
		"image/png;q=0.5,image/webp":    "webp",
		"image/png;q=0.5,*/*;q=0.4":     "png",
		"image/png;q=0.4,*/*;q=0.5":     "jpeg",
		"image/jpeg;q=0,*/*":            "png",
		"image/jpeg;q=0.1,image/*":      "png",
		"image/*;q=0.5,*/*;q=0.9":       "jpeg",
		"text/html,image/webp;q=0.001":  "webp",
		"image/avif,image/webp,*/*;q=1": "avif",
		"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8":          "avif",
		"image/avif,image/jpeg,image/*":                                             "jpeg",
		"image/heic,image/*":                                                        "jpeg",
		"image/avif,image/webp,*/*;q=0.8":                                           "avif",
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=.8": "avif",
		"image/webp;q=oops,image/png;q=0.1":                                         "png",
		"image/webp;q=2,image/png;q=NaN":                                            "jpeg",
		", ,;":                                                                      "jpeg",
		"nonsense":                                                                  "jpeg",
		"*/png,image/webp":                                                          "webp",
		"text/html":                                                                 "",
		"image/*;q=0":                                                               "",
		"*/*;q=0":                                                                   "",
		"image/heic":                                                                "",
	} {
		got, ok := negotiate(accept, offers)
		if got.format != want || ok != (want != "") {
			t.Errorf("Accept %q: got %q, %v; want %q", accept, got.format, ok, want)
		}
	}
}
