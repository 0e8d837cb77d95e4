package imaging

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"bluerose/event"
)

const pngStart = "\x89PNG\r\n\x1a\n"

func proxyRequest(body, args, output, accept string) *event.ProxyRequest {
	return &event.ProxyRequest{
		HTTPMethod: "POST", Path: "/images", Body: []byte(body),
		Headers:               map[string]string{"accept": accept},
		QueryStringParameters: map[string]string{"args": args, "output": output},
	}
}

func TestProxyRunsArgs(t *testing.T) {
	for name, c := range map[string]struct {
		request *event.ProxyRequest
		args    string
	}{
		"output":          {proxyRequest("P6", "-resize 512x -negate", "webp", ""), "- -resize 512x -negate webp:-"},
		"output spelling": {proxyRequest("P6", "-negate", ".JPG", "image/png"), "- -negate jpg:-"},
		"quoting":         {proxyRequest("P6", `-fill 'rgb(1, 2, 3)' -opaque "red"`, "png", ""), "- -fill rgb(1,2,3) -opaque red png:-"},
		"keeps format":    {proxyRequest("GIF89a", "", "", "*/*"), "- gif:-"},
		"accept":          {proxyRequest("GIF89a", "-negate", "", "image/avif,*/*;q=0.8"), "- -negate avif:-"},
		"SVG gives PNG":   {proxyRequest("<svg xmlns='http://www.w3.org/2000/svg'/>", "", "", "*/*"), "- png:-"},
		"built-in":        {proxyRequest("", "rose: -negate", "png", ""), "rose: -negate png:-"},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &fakeEngine{result: pictureResult()}
			response, err := newService(t, engine).Proxy(t.Context(), c.request)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := engine.args(), spelled(t, c.args); got != want {
				t.Errorf("ran %s\nwant %s", got, want)
			}
			h := response.Headers
			if response.StatusCode != 200 || string(response.Body) != "ABC" || h["Content-Type"] != "image/png" || h["Vary"] != "Accept" || h["X-Bluerose-Engine"] != "native" {
				t.Errorf("got %+v", response)
			}
		})
	}
}

func TestProxyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		request *event.ProxyRequest
		status  int
		failure event.Failure
	}{
		"no body":          {proxyRequest("", "-negate", "png", ""), 400, event.Failure{ErrorType: "InvalidRequest", ErrorMessage: "The request has no body; send the picture's bytes as its body"}},
		"no body, no args": {proxyRequest("", "", "", ""), 400, event.Failure{ErrorType: "InvalidRequest", ErrorMessage: "The request has no body; send the picture's bytes as its body"}},
		"output":           {proxyRequest(pngStart, "", "xyz", ""), 415, event.Failure{ErrorType: "UnsupportedMedia", ErrorMessage: `The output "xyz" is no format that is written here; choose png, avif, webp, jpeg, gif, tiff or bmp`}},
		"accept":           {proxyRequest(pngStart, "", "", "text/html"), 415, event.Failure{ErrorType: "UnsupportedMedia", ErrorMessage: `The Accept header allows no format that is written here; add output=png or another of png, avif, webp, jpeg, gif, tiff or bmp`}},
	} {
		t.Run(name, func(t *testing.T) {
			engine := &fakeEngine{result: pictureResult()}
			response, err := newService(t, engine).Proxy(t.Context(), c.request)
			if err != nil {
				t.Fatal(err)
			}
			var got event.Failure
			if err := json.Unmarshal(response.Body, &got); err != nil || got != c.failure || response.StatusCode != c.status || engine.jobs > 0 {
				t.Errorf("got %d %s, %v", response.StatusCode, response.Body, err)
			}
			if response.Headers["Content-Type"] != "application/json" || response.Headers["Vary"] != "Accept" {
				t.Errorf("got %v", response.Headers)
			}
		})
	}
}

func TestProxyTellsWhenToTryAgain(t *testing.T) {
	throttled := event.Errorf(event.Throttled, "Wait")
	throttled.RetryAfter = 1500 * time.Millisecond
	response, err := newService(t, &fakeEngine{err: throttled}).Proxy(t.Context(), proxyRequest(pngStart, "", "png", ""))
	if err != nil || response.StatusCode != 429 || response.Headers["Retry-After"] != "2" {
		t.Errorf("got %+v", response)
	}
}

func TestProxyRefusesQuoting(t *testing.T) {
	response, err := newService(t, &fakeEngine{}).Proxy(t.Context(), proxyRequest(pngStart, "-fill 'red", "png", ""))
	if err != nil || response.StatusCode != 422 || !strings.Contains(string(response.Body), `"errorType":"UnsupportedArgument"`) {
		t.Errorf("got %+v, %v", response, err)
	}
}

// What random numbers are in is not to be kept, unless -seed says which.
func TestChanceIsNotStored(t *testing.T) {
	s := realService(t)
	for args, want := range map[string]string{
		"+noise Gaussian":                "no-store",
		"-seed 1 +noise Gaussian":        "",
		"-spread 2":                      "no-store",
		"plasma: -append":                "no-store",
		"-fx u*rand()":                   "no-store",
		"-fx u/2":                        "",
		"-negate":                        "",
		"-seed 7 plasma:fractal -append": "",
	} {
		response, err := s.Proxy(t.Context(), proxyRequest(string(pngBytes(t)), args, "png", ""))
		if err != nil || response.StatusCode != 200 || response.Headers["Cache-Control"] != want {
			t.Errorf("%s: %d %v, %v", args, response.StatusCode, response.Headers, err)
		}
	}
}
