package invoker

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"bluerose/event"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// client gives a Client of a Lambda API that answers as handler does.
func client(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return New(lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "A", SecretAccessKey: "B"}, nil
		}),
	}))
}

const tail = "REPORT RequestId: x\tDuration: 9 ms\tMemory Size: 1 MB\t\n" +
	"END RequestId: a\nREPORT RequestId: a\tDuration: 3.01 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n"

func TestInvokeReadsTheReport(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/2015-03-31/functions/image:prod/invocations" || string(body) != `{"a":1}` || r.Header.Get("X-Amz-Log-Type") != "Tail" {
			t.Errorf("got %s %s", r.URL, body)
		}
		w.Header().Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(tail)))
		w.Header().Set("X-Amz-Executed-Version", "7")
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, `{"errorMessage":"no"}`)
	})
	got, err := c.Invoke(t.Context(), "image:prod", []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Report{3010 * time.Microsecond, 4 * time.Millisecond, 128, 36, 110100 * time.Microsecond}
	if got.Report != want || !got.Report.Cold() || got.Version != "7" || got.FunctionError != "Unhandled" || string(got.Payload) != `{"errorMessage":"no"}` {
		t.Errorf("got %+v", got)
	}
}

func TestSendIsAnEvent(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Invocation-Type") != "Event" {
			t.Errorf("got %v", r.Header)
		}
		w.WriteHeader(http.StatusAccepted)
	})
	if err := c.Send(t.Context(), "image", []byte(`{}`)); err != nil {
		t.Error(err)
	}
}

func TestErrorsOfTheAPIAreInWords(t *testing.T) {
	for status, kind := range map[int]event.Kind{
		404: event.NotFound, 429: event.Throttled, 403: event.AccessDenied, 413: event.PayloadTooLarge, 400: event.InvalidRequest, 500: event.Internal,
	} {
		tries := 0
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			tries++
			w.Header().Set("X-Amzn-ErrorType", "SomeException")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"message":"words"}`)
		})
		_, err := c.Invoke(t.Context(), "f", nil)
		if e := event.From(err); e == nil || e.Kind != kind || tries != 1 {
			t.Errorf("%d: got %v after %d tries, want %s after one", status, err, tries, kind)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client(t, nil).Send(ctx, "f", nil); event.From(err).Kind != event.Timeout {
		t.Errorf("got %v", err)
	}
	c := New(lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), Credentials: aws.AnonymousCredentials{}}))
	if err := c.Send(t.Context(), "f", nil); event.From(err).Kind != event.Internal {
		t.Errorf("got %v", err)
	}
}

func FuzzParseReport(f *testing.F) {
	f.Add(tail)
	f.Add("REPORT RequestId: \tDuration: 1e999 ms\tInit Duration: -1 ms\tMemory Size: 99999999999999 MB")
	f.Fuzz(func(t *testing.T, text string) {
		r := parseTail(base64.StdEncoding.EncodeToString([]byte(text)))
		if r.Duration < 0 || r.Billed < 0 || r.Init < 0 || r.MemoryMB < 0 || r.MaxMemoryMB < 0 {
			t.Errorf("%q: %+v", text, r)
		}
	})
}
