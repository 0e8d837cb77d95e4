package event

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestPictureHeads(t *testing.T) {
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("picture?", 1000)))
	slashes := strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff")), "/", `\/`)
	for payload, want := range map[string]string{
		`{"base64Image":"` + long + `"}`:                                   "picture?pict",
		`{"base64Image":"` + slashes + `"}`:                                "\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		`{"base64\u0049mage":"cGljdHVyZT8h"}`:                              "picture?!",
		`{"base64Image":"data:image/png;base64,cGljdHVyZT8h"}`:             "picture?!",
		`{"base64Image":"data:image/png,cGljdHVyZT8h"}`:                    "",
		`{"body":"____"}`:                                                  "\xff\xff\xff",
		`{"base64Image":"\n"}`:                                             "",
		`{"base64Image":"\q"}`:                                             "",
		`{"base64Image":5,"inputs":{"a":"cGljdHVyZT8h"},"other":"QUFBQQ"}`: "picture?!",
	} {
		heads := PictureHeads([]byte(payload), 12)
		if len(heads) != 1 || string(heads[0].Data) != want {
			t.Errorf("%.60s: got %v", payload, heads)
		}
	}
	if heads := PictureHeads([]byte(`{"base64Image":"`+long+`"}`), 12); heads[0].Size != 8000 && heads[0].Size != 8001 {
		t.Errorf("got %d bytes", heads[0].Size)
	}
	for _, payload := range []string{``, `[]`, `{`, `{"base64Image"`, `{"base64Image":"`, `{"base64Image":null}`, `{"operation":"ping"}`} {
		if heads := PictureHeads([]byte(payload), 12); heads != nil {
			t.Errorf("%s: got %v", payload, heads)
		}
	}
	many := `{"inputs":{"a":"QUFB"` + strings.Repeat(`,"b":"QUFB"`, 100) + `}}`
	if heads := PictureHeads([]byte(many), 12); len(heads) > MaxInputs+1 {
		t.Errorf("%d heads are read", len(heads))
	}
}
