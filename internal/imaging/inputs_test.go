package imaging

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/render"
)

// severalFiles is what a program gives that wrote three tiles.
func severalFiles() render.Result {
	return render.Result{Files: []render.File{
		{Name: "--0", Format: "jpeg", Data: []byte("first")}, {Name: "--1", Format: "jpeg", Data: []byte("second")}, {Name: "--2", Format: "jpeg"},
	}}
}

func TestSeveralFilesAsJSON(t *testing.T) {
	const list = `["Zmlyc3Q=","c2Vjb25k",""]`
	for name, c := range map[string]struct {
		payload string
		result  render.Result
		want    string
	}{
		"convert":            {`{"operation":"convert","outputExtension":"jpg","customArgs":["rose:"]}`, severalFiles(), list},
		"convert, in args":   {`{"operation":"convert","customArgs":["rose:","jpg:-"]}`, severalFiles(), list},
		"convert, first":     {`{"operation":"convert","outputExtension":"jpg","customArgs":["rose:"],"outputs":"first"}`, severalFiles(), `"Zmlyc3Q="`},
		"convert, one":       {`{"operation":"convert","outputExtension":"jpg","customArgs":["rose:"]}`, pictureResult(), `"QUJD"`},
		"convert, all, one":  {`{"operation":"convert","outputExtension":"jpg","customArgs":["rose:"],"outputs":"all"}`, pictureResult(), `["QUJD"]`},
		"resize":             {`{"operation":"resize","base64Image":"QUJD"}`, severalFiles(), `"Zmlyc3Q="`},
		"thumbnail, and all": {`{"operation":"thumbnail","base64Image":"QUJD","outputs":"all"}`, severalFiles(), list},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := newService(t, &fakeEngine{result: c.result}).Event(t.Context(), []byte(c.payload))
			if err != nil || string(answer) != c.want {
				t.Errorf("got %s, %v, want %s", answer, err, c.want)
			}
		})
	}
}

func TestSeveralFilesAsBytes(t *testing.T) {
	for outputs, c := range map[string]struct {
		result render.Result
		media  string
		want   []string // NAME=DATA of an archive
	}{
		"":      {severalFiles(), "application/zip", []string{"out-0.jpg=first", "out-1.jpg=second", "out-2.jpg="}},
		"all":   {pictureResult(), "application/zip", []string{"out.png=ABC"}},
		"first": {severalFiles(), "image/jpeg", nil},
	} {
		r := proxyRequest("GIF89a", "", "jpg", "")
		r.QueryStringParameters["outputs"] = outputs
		response, err := newService(t, &fakeEngine{result: c.result}).Proxy(t.Context(), r)
		if err != nil || response.Headers["Content-Type"] != c.media {
			t.Fatalf("%q: got %+v, %v", outputs, response, err)
		}
		if c.want == nil {
			if string(response.Body) != "first" {
				t.Errorf("%q: got %q", outputs, response.Body)
			}
			continue
		}
		if got := unzipped(t, response.Body); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", outputs, got, c.want)
		}
	}
	r := proxyRequest("GIF89a", "", "jpg", "")
	r.QueryStringParameters["outputs"] = "some"
	if response, err := newService(t, &fakeEngine{}).Proxy(t.Context(), r); err != nil || response.StatusCode != 400 {
		t.Errorf("got %+v, %v", response, err)
	}
}

// unzipped gives the files of an archive as NAME=DATA, and sees that they are stored as they are.
func unzipped(t *testing.T, data []byte) []string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, entry := range archive.File {
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(file) // checks its CRC
		if err != nil || entry.Method != zip.Store {
			t.Fatalf("%s: %v, method %d", entry.Name, err, entry.Method)
		}
		out = append(out, entry.Name+"="+string(content))
	}
	return out
}

// multipartRequest makes a proxy request of files, and fields "NAME=TEXT".
func multipartRequest(t *testing.T, files map[string][]byte, fields ...string) *event.ProxyRequest {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, data := range files {
		part, err := form.CreateFormFile(name, "picture")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for _, field := range fields {
		name, text, _ := strings.Cut(field, "=")
		if err := form.WriteField(name, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return &event.ProxyRequest{
		HTTPMethod: "POST", Path: "/images", Body: body.Bytes(),
		Headers: map[string]string{"content-type": form.FormDataContentType(), "accept": "*/*"},
	}
}

func TestFormRuns(t *testing.T) {
	files := map[string][]byte{"image": []byte("GIF89a"), "logo.png": []byte("L")}
	for name, c := range map[string]struct {
		query  map[string]string
		fields []string
		want   string
	}{
		"in the form":  {nil, []string{"args=logo.png -composite", "output=webp"}, "- logo.png -composite webp:-"},
		"in the query": {map[string]string{"args": "png:logo.png[0] -composite"}, nil, "- png:logo.png[0] -composite gif:-"},
		"query first":  {map[string]string{"args": "-negate"}, []string{"args=-flip", "output=png"}, "- -negate png:-"},
	} {
		t.Run(name, func(t *testing.T) {
			r := multipartRequest(t, files, c.fields...)
			r.QueryStringParameters = c.query
			engine := &fakeEngine{result: pictureResult()}
			response, err := newService(t, engine).Proxy(t.Context(), r)
			if err != nil || response.StatusCode != 200 {
				t.Fatalf("got %+v, %v", response, err)
			}
			if got, want := engine.args(), spelled(t, c.want); got != want {
				t.Errorf("ran %s\nwant %s", got, want)
			}
			for name, want := range map[string]string{"-": "GIF89a", "logo.png": "L"} {
				if data, err := engine.job.Open(name); err != nil || string(data) != want {
					t.Errorf("%s is %q, %v", name, data, err)
				}
			}
		})
	}
}

func TestFormRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string][]byte
		args   string
		status int
		holds  string
	}{
		"not carried":        {map[string][]byte{"image": []byte("GIF89a")}, "logo.png -composite", 422, `Argument 1 names a picture \"logo.png\" that the request does not carry; send it along under that name`},
		"not carried, draw":  {map[string][]byte{"image": []byte("GIF89a")}, `-draw "image over 0,0 0,0 'logo.png'"`, 422, `Argument 1 names a picture \"logo.png\"`},
		"not carried, remap": {map[string][]byte{"image": []byte("GIF89a")}, "-remap logo.png", 422, `Argument 1 names a picture \"logo.png\"`},
		"name":               {map[string][]byte{"image": []byte("GIF89a"), "/etc/passwd": []byte("x")}, "", 400, "a name that arguments cannot use"},
		"no picture":         {nil, "-negate", 400, `The form has no picture; send it as a file in the field \"image\"`},
		"empty picture":      {map[string][]byte{"image": {}}, "-negate", 400, "The form has no picture"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := newService(t, &fakeEngine{}).Proxy(t.Context(), multipartRequest(t, c.files, "args="+c.args))
			if err != nil || response.StatusCode != c.status || !strings.Contains(string(response.Body), c.holds) {
				t.Errorf("got %d %s, %v", response.StatusCode, response.Body, err)
			}
		})
	}
}

// green is a watermark of 20x10.
func green(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 20, 10))
	for i := range 200 {
		img.SetNRGBA(i%20, i/20, color.NRGBA{G: 255, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// watermarked fails unless data is the test picture with the watermark in its corner.
func watermarked(t *testing.T, data []byte) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct {
		x, y int
		want color.NRGBA
	}{{59, 39, color.NRGBA{G: 255, A: 255}}, {40, 30, color.NRGBA{G: 255, A: 255}}, {39, 39, color.NRGBA{B: 255, A: 255}}, {0, 39, color.NRGBA{R: 255, A: 255}}} {
		if got := color.NRGBAModel.Convert(img.At(p.x, p.y)); got != p.want {
			t.Errorf("at %d,%d: %v, want %v", p.x, p.y, got, p.want)
		}
	}
}

func TestRealWatermark(t *testing.T) {
	s := realService(t)
	args := []string{"-gravity", "southeast", "watermark.png", "-composite"}
	inputs := event.Inputs{"watermark.png": green(t)}

	answer, err := run(t, s, &event.Request{Operation: event.Convert, Base64Image: pngBytes(t), Inputs: inputs, CustomArgs: args, OutputExtension: "png"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := event.DecodeImage(answer)
	if err != nil {
		t.Fatal(err)
	}
	watermarked(t, data)

	answer, err = run(t, s, &event.Request{Operation: event.Resize, Base64Image: pngBytes(t), Width: new(60), Inputs: inputs, CustomArgs: args, Sharpening: new(0.0)})
	if err != nil {
		t.Fatal(err)
	}
	if data, err = event.DecodeImage(answer); err != nil {
		t.Fatal(err)
	}
	watermarked(t, data)

	form := multipartRequest(t, map[string][]byte{"image": pngBytes(t), "watermark.png": green(t)}, "args="+strings.Join(args, " "))
	wire, err := form.MarshalJSON() // as API Gateway sends it in AWS
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Proxy(t.Context(), form)
	if err != nil || response.StatusCode != 200 {
		t.Fatalf("got %+v, %v", response, err)
	}
	watermarked(t, response.Body)

	answer, err = s.Invoke(t.Context(), wire)
	if err != nil {
		t.Fatal(err)
	}
	var proxied struct {
		StatusCode      int    `json:"statusCode"`
		IsBase64Encoded bool   `json:"isBase64Encoded"`
		Body            string `json:"body"`
	}
	if err := json.Unmarshal(answer, &proxied); err != nil || proxied.StatusCode != 200 || !proxied.IsBase64Encoded {
		t.Fatalf("got %.200s, %v", answer, err)
	}
	if data, err = base64.StdEncoding.DecodeString(proxied.Body); err != nil {
		t.Fatal(err)
	}
	watermarked(t, data)
}

func TestRealTilesAndInputsAlone(t *testing.T) {
	s := realService(t)
	answer, err := run(t, s, &event.Request{Operation: event.Convert, Base64Image: pngBytes(t), CustomArgs: []string{"-crop", "30x40", "+repage"}, OutputExtension: "jpg"})
	if err != nil {
		t.Fatal(err)
	}
	var tiles [][]byte
	if err := json.Unmarshal(answer, &tiles); err != nil || len(tiles) != 2 {
		t.Fatalf("got %.100s, %v", answer, err)
	}
	response, err := s.Proxy(t.Context(), proxyRequest(string(gifBytes(t, 3)), "-negate", "jpg", ""))
	if err != nil || response.Headers["Content-Type"] != "application/zip" {
		t.Fatalf("got %+v, %v", response, err)
	}
	for i, file := range unzipped(t, response.Body) {
		name, data, _ := strings.Cut(file, "=")
		if _, format, err := image.DecodeConfig(strings.NewReader(data)); err != nil || format != "jpeg" || name != "out-"+string(rune('0'+i))+".jpg" {
			t.Errorf("%s is %s, %v", name, format, err)
		}
	}
	answer, err = run(t, s, &event.Request{
		Operation: event.Convert, Inputs: event.Inputs{"a": pngBytes(t), "b.gif": gifBytes(t, 3)},
		CustomArgs: []string{"a", "b.gif[1]", "+append", "-format", "%wx%h", "info:"},
	})
	if err != nil || string(answer) != `"68x40"` {
		t.Errorf("got %s, %v", answer, err)
	}
}

// FuzzProxy looks for panics, and for programs that could name what the request does not carry.
func FuzzProxy(f *testing.F) {
	form := "--X\r\nContent-Disposition: form-data; name=\"image\"; filename=\"f\"\r\n\r\nGIF89a\r\n" +
		"--X\r\nContent-Disposition: form-data; name=\"a.png\"; filename=\"f\"\r\n\r\nA\r\n--X--\r\n"
	for _, args := range []string{"a.png -composite", "png:a.png[0] -clut", "/etc/passwd", "-draw \"image over 0,0 0,0 'b'\"", "-fill 'red", "-tile c.png"} {
		f.Add("multipart/form-data; boundary=X", []byte(form), args, "png", "all")
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte, args, output, outputs string) {
		engine := &fakeEngine{result: severalFiles()}
		s, err := New(Config{Engine: engine})
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Proxy(t.Context(), &event.ProxyRequest{
			Body: body, Headers: map[string]string{"Content-Type": contentType},
			QueryStringParameters: map[string]string{"args": args, "output": output, "outputs": outputs},
		})
		if err != nil || response.StatusCode >= 500 {
			t.Fatalf("got %+v, %v", response, err)
		}
		if response.StatusCode != 200 {
			return
		}
		for _, step := range engine.job.Program.Steps {
			for _, source := range step.Sources() {
				if _, err := engine.job.Open(source.Name); err != nil && !source.Generated() {
					t.Errorf("%q may name %q", args, source.Name)
				}
			}
		}
	})
}
