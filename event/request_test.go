package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
)

func TestParseRequestFindsPicture(t *testing.T) {
	binary := []byte{0xfb, 0xff, 0xfe, 0, 1, 2, 3}
	std := base64.StdEncoding.EncodeToString(binary) // +//+AAECAw==
	for name, c := range map[string]struct {
		payload string
		want    []byte
		has     bool
	}{
		"plain":              {`{"operation":"ping","base64Image":"` + std + `"}`, binary, true},
		"picture first":      {`{"base64Image":"` + std + `","operation":"ping"}`, binary, true},
		"white space":        {" {\n\t\"base64Image\" :\r\n \"" + std + "\" , \"operation\" : \"ping\" } \n", binary, true},
		"escaped slashes":    {`{"operation":"ping","base64Image":"` + strings.ReplaceAll(std, "/", `\/`) + `"}`, binary, true},
		"escaped plus":       {`{"operation":"ping","base64Image":"` + strings.ReplaceAll(std, "+", `\u002B`) + `"}`, binary, true},
		"wrapped":            {`{"operation":"ping","base64Image":"` + std[:3] + `\r\n` + std[3:] + `\n"}`, binary, true},
		"wrapped in padding": {`{"operation":"ping","base64Image":"` + std[:11] + `\n=\n"}`, binary, true},
		"URL-safe":           {`{"operation":"ping","base64Image":"` + base64.URLEncoding.EncodeToString(binary) + `"}`, binary, true},
		"no padding":         {`{"operation":"ping","base64Image":"` + base64.RawStdEncoding.EncodeToString(binary) + `"}`, binary, true},
		"data URL":           {`{"operation":"ping","base64Image":"data:image\/png;base64,` + std + `"}`, binary, true},
		"escaped key":        {`{"operation":"ping","base64\u0049mage":"` + std + `"}`, binary, true},
		"last one counts":    {`{"base64Image":"!","base64Image":7,"operation":"ping","base64Image":"` + std + `"}`, binary, true},
		"last one is null":   {`{"base64Image":"` + std + `","operation":"ping","base64Image":null}`, nil, false},
		"null":               {`{"operation":"ping","base64Image":null}`, nil, false},
		"empty":              {`{"operation":"ping","base64Image":""}`, []byte{}, true},
		"absent":             {`{"operation":"ping"}`, nil, false},
		"nested is another":  {`{"others":[{"base64Image":"!"},"}\"]"],"operation":"ping"}`, nil, false},
		"value is no key":    {`{"others":"base64Image","x":["base64Image",{"a\\":"\\"}],"operation":"ping"}`, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseRequest([]byte(c.payload))
			if err != nil {
				t.Fatal(err)
			}
			if r.Operation != Ping || !bytes.Equal(r.Base64Image, c.want) || r.HasImage != c.has {
				t.Errorf("got %q, %x, %v; want ping, %x, %v", r.Operation, r.Base64Image, r.HasImage, c.want, c.has)
			}
		})
	}
}

func TestParseRequestReadsFields(t *testing.T) {
	r, err := ParseRequest([]byte(`{"operation":"resize","inputExtension":".JPG","outputExtension":"webp",
		"customArgs":["-rotate",90,"-1.50"],"width":512.0,"height":0,"quality":0.5,"format":"PNG","progressive":true,
		"colorspace":"Gray","strip":false,"filter":"Box","sharpening":0,"source":{"bucket":"b"},"later":[1,{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Request{
		Operation: Resize, InputExtension: "jpg", OutputExtension: "webp", CustomArgs: []string{"-rotate", "90", "-1.50"},
		Width: new(512), Height: new(0), Quality: new(0.5), Format: "png", Progressive: true, Colorspace: "Gray",
		Strip: new(false), Filter: "Box", Sharpening: new(0.0),
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

func TestSetDefaults(t *testing.T) {
	for name, c := range map[string]struct {
		in            Request
		width, height int
		output        string
	}{
		"nothing":     {Request{Operation: Resize}, 100, 0, "png"},
		"height":      {Request{Operation: Thumbnail, Height: new(5)}, 0, 5, "png"},
		"both zero":   {Request{Operation: Resize, Width: new(0), Height: new(0)}, 100, 0, "png"},
		"convert":     {Request{Operation: Convert, Width: new(3)}, 3, 0, ""},
		"named":       {Request{Operation: Resize, OutputExtension: "gif"}, 100, 0, "gif"},
		"both":        {Request{Operation: Resize, Width: new(7), Height: new(8)}, 7, 8, "png"},
		"getSample":   {Request{Operation: GetSample}, 100, 0, "png"},
		"nil is none": {Request{Operation: Resize, Height: new(0)}, 100, 0, "png"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.in
			r.SetDefaults()
			if *r.Width != c.width || *r.Height != c.height || r.OutputExtension != c.output {
				t.Errorf("got %dx%d %q", *r.Width, *r.Height, r.OutputExtension)
			}
			if r.InputExtension != "png" || *r.Quality != 0.8 || r.Format != "jpg" || !*r.Strip || r.Filter != "Lagrange" || *r.Sharpening != 0.2 {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestParseRequestRefuses(t *testing.T) {
	const standard = "; send the bytes in standard base64 (RFC 4648)"
	for name, c := range map[string]struct {
		payload string
		kind    Kind
		message string
	}{
		"empty":           {``, InvalidRequest, `The event is not JSON; send one JSON object`},
		"garbage":         {`hello`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"array":           {`[]`, InvalidRequest, `The event must be a JSON object such as {"operation": "ping"}`},
		"null":            {`null`, InvalidRequest, `The event must be a JSON object such as {"operation": "ping"}`},
		"cut off":         {`{"operation":"ping","base64Image":"QUJD`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"more behind":     {`{"operation":"ping"}{}`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"missing comma":   {`{"operation":"ping" "base64Image":"QUJD"}`, InvalidRequest, `The event is not JSON; send one JSON object`},
		"foreign letter":  {`{"base64Image":"QUJD?UJD"}`, InvalidRequest, `"base64Image" is not base64: byte 4 of its text is no base64 character` + standard},
		"two alphabets":   {`{"base64Image":"QUJ+QUJ_"}`, InvalidRequest, `"base64Image" is not base64: its text is cut off at byte 8; send all of it`},
		"cut off picture": {`{"base64Image":"QUJDQ"}`, InvalidRequest, `"base64Image" is not base64: its text is cut off at byte 5; send all of it`},
		"three signs":     {`{"base64Image":"Q==="}`, InvalidRequest, `"base64Image" is not base64: byte 1 of its text is no base64 character` + standard},
		"behind padding":  {`{"base64Image":"QQ==QQ=="}`, InvalidRequest, `"base64Image" is not base64: byte 2 of its text is no base64 character` + standard},
		"foreign escape":  {`{"base64Image":"QU\tJ"}`, InvalidRequest, `"base64Image" is not base64: byte 2 of its text is no base64 character` + standard},
		"space":           {`{"base64Image":"QUJD QUJ"}`, InvalidRequest, `"base64Image" is not base64: byte 4 of its text is no base64 character` + standard},
		"after wrapping":  {`{"base64Image":"QUJD\nQ%JD"}`, InvalidRequest, `"base64Image" is not base64: byte 6 of its text is no base64 character` + standard},
		"in a data URL":   {`{"base64Image":"data:image/png;base64,QU*D"}`, InvalidRequest, `"base64Image" is not base64: byte 24 of its text is no base64 character` + standard},
		"other data URL":  {`{"base64Image":"data:image/svg+xml,<svg/>"}`, InvalidRequest, `"base64Image" is a data URL without base64; send data:image/png;base64,… or the base64 text alone`},
		"raw line end":    {"{\"base64Image\":\"QUJD\nQUJD\"}", InvalidRequest, `"base64Image" is not base64: byte 4 of its text is no base64 character` + standard},
		"raw line end 2":  {"{\"base64Image\":\"QUJD\n\nQUJD\"}", InvalidRequest, `The event is not JSON: "base64Image" holds a raw line end; send its base64 text in one line`},
		"picture number":  {`{"base64Image":5}`, InvalidRequest, `Invalid request: the field "base64Image" must be base64 text`},
		"operation":       {`{"operation":5}`, InvalidRequest, `Invalid request: the field "operation" must be text in double quotes`},
		"extension":       {`{"outputExtension":"../x"}`, InvalidRequest, `Invalid request: the field "outputExtension" must be a file name's extension such as "png" or "webp"`},
		"args text":       {`{"customArgs":"-negate"}`, InvalidRequest, `Invalid request: the field "customArgs" must be a list of strings such as ["-rotate", "90"]`},
		"args nested":     {`{"customArgs":[["-negate"]]}`, InvalidRequest, `Invalid request: the field "customArgs" must be a list of strings such as ["-rotate", "90"]`},
		"args null":       {`{"customArgs":[null]}`, InvalidRequest, `Invalid request: the field "customArgs" must be a list of strings such as ["-rotate", "90"]`},
		"too many args":   {`{"customArgs":[` + strings.Repeat(`"a",`, 1000) + `"a"]}`, PayloadTooLarge, `Invalid request: the field "customArgs" holds more than 1000 arguments; send fewer`},
		"width text":      {`{"width":"5"}`, InvalidRequest, `Invalid request: the field "width" must be a whole number of pixels such as 512`},
		"width fraction":  {`{"width":1.5}`, InvalidRequest, `Invalid request: the field "width" must be a whole number of pixels such as 512`},
		"height negative": {`{"height":-1}`, InvalidRequest, `Invalid request: the field "height" must be a whole number of pixels such as 512`},
		"height huge":     {`{"height":1e300}`, InvalidRequest, `Invalid request: the field "height" must be a whole number of pixels such as 512`},
		"quality":         {`{"quality":80}`, InvalidRequest, `Invalid request: the field "quality" must be a number from 0 to 1 such as 0.8`},
		"strip":           {`{"strip":"yes"}`, InvalidRequest, `Invalid request: the field "strip" must be true or false`},
		"much beside":     {`{"x":"` + strings.Repeat("a", maxRest) + `"}`, PayloadTooLarge, `The event holds more than 1 MiB of JSON beside the pictures; send fewer or shorter fields`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRequest([]byte(c.payload))
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Message != c.message {
				t.Errorf("got %v\nwant %s %s", err, c.kind, c.message)
			}
		})
	}
}

func TestRequestRoundTrip(t *testing.T) {
	for _, r := range []*Request{
		{Operation: Ping},
		{Operation: Resize, Base64Image: []byte{0xff, 0xd8, 1}, HasImage: true, Width: new(5), Strip: new(false)},
		{Operation: Convert, Base64Image: []byte{}, HasImage: true, CustomArgs: []string{"-fill", "<&>"}},
	} {
		payload, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		before := string(payload)
		var got Request
		if err := json.Unmarshal(payload, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&got, r) {
			t.Errorf("%s: got %+v, want %+v", payload, got, r)
		}
		if string(payload) != before {
			t.Error("UnmarshalJSON changed its argument")
		}
	}
}

func TestImageRoundTrip(t *testing.T) {
	for n := range 70 {
		data := bytes.Repeat([]byte{0xfb, 0xef, 7}, n)[:n]
		got, err := DecodeImage(EncodeImage(data))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: got %x, %v", n, got, err)
		}
	}
	for _, payload := range []string{``, `"`, `null`, `"QQ==" x`, `{}`} {
		if _, err := DecodeImage([]byte(payload)); err == nil {
			t.Errorf("%q was taken", payload)
		}
	}
}

// oracleImage decodes a base64Image string as the contract words it, with nothing of this package.
func oracleImage(s string) ([]byte, bool) {
	if head, tail, ok := strings.Cut(s, ","); ok && len(head) < 256 && strings.HasPrefix(strings.ToLower(head), "data:") && strings.HasSuffix(strings.ToLower(head), ";base64") {
		s = tail
	}
	s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
	for range 2 {
		s = strings.TrimSuffix(s, "=")
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	data, err := encoding.DecodeString(s)
	return data, err == nil
}

func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		`{"operation":"ping"}`, `{"base64Image":"QUJD\/\n+w==","width":5}`, `{"base64Image":"data:image/png;base64,QUJD"}`,
		`{"a":{"base64Image":"\\"},"base64Image":"_-8","base64Image":null,"customArgs":["-fill",1]}`, `{"base64\u0049mage":"Q"}`, ` [ ] `,
		`{"base64Image":"QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\u002bUJD","operation":"resize"}`, "{\"base64Image\":\"QUJDQ\nUJD\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var fields map[string]any
		valid := json.Unmarshal(payload, &fields) == nil && fields != nil
		r, err := ParseRequest(bytes.Clone(payload))
		if err == nil && !valid {
			t.Fatalf("took what encoding/json refuses: %q", payload)
		}
		if !valid {
			return
		}
		image, isText := fields["base64Image"].(string)
		want, ok := oracleImage(image)
		if err == nil {
			if r.HasImage != isText || isText && (!ok || !bytes.Equal(r.Base64Image, want)) {
				t.Fatalf("%q: got %x, %v; want %x, %v", payload, r.Base64Image, r.HasImage, want, ok)
			}
			if operation, _ := fields["operation"].(string); string(r.Operation) != operation {
				t.Fatalf("%q: got operation %q, want %q", payload, r.Operation, operation)
			}
			return
		}
		rest := maps.Clone(fields)
		delete(rest, "base64Image")
		plain, _ := json.Marshal(rest)
		if _, restErr := ParseRequest(plain); restErr == nil && isText && ok {
			t.Fatalf("%q: refused a good picture: %v", payload, err)
		}
	})
}

func benchmarkPayload() []byte {
	data := make([]byte, 6<<20/4*3)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	payload, _ := (&Request{Operation: Resize, Base64Image: data, CustomArgs: []string{"-negate"}}).MarshalJSON()
	return payload
}

// BenchmarkParseRequest reads an event of 6 MiB; BenchmarkBase64 is the decoding alone, which it should be within 1.3 of.
func BenchmarkParseRequest(b *testing.B) {
	payload := benchmarkPayload()
	work := make([]byte, len(payload))
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		b.StopTimer()
		copy(work, payload)
		b.StartTimer()
		if _, err := ParseRequest(work); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBase64(b *testing.B) {
	payload := benchmarkPayload()
	start := bytes.Index(payload, []byte(`"base64Image":"`)) + len(`"base64Image":"`)
	src := payload[start : len(payload)-2]
	work := make([]byte, len(src))
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		b.StopTimer()
		copy(work, src)
		b.StartTimer()
		if _, err := base64.StdEncoding.Decode(work, work); err != nil {
			b.Fatal(err)
		}
	}
}
