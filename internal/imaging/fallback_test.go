package imaging

import (
	"testing"

	"bluerose/event"
	"bluerose/internal/imaging/render"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

func notNative() error {
	return event.Errorf(event.UnsupportedArgument, "needs another engine").Wrap(render.ErrNotNative)
}

func withFallback(t *testing.T, engine, fallback Engine) *Service {
	t.Helper()
	s, err := New(Config{Engine: engine, Fallback: fallback})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var sample = &event.Request{Operation: event.GetSample}

func TestFallbackRunsWhatIsNotNative(t *testing.T) {
	second := &fakeEngine{result: pictureResult()}
	first := &fakeEngine{err: notNative()}
	if _, err := run(t, withFallback(t, first, second), sample); err != nil || second.jobs != 1 || second.args() != first.args() {
		t.Errorf("%v: %d jobs of %q", err, second.jobs, second.args())
	}
	for name, native := range map[string]*fakeEngine{
		"success": {result: pictureResult()},
		"limit":   {err: event.Errorf(event.LimitExceeded, "too large")},
	} {
		second := &fakeEngine{result: pictureResult()}
		if _, _ = run(t, withFallback(t, native, second), sample); second.jobs != 0 {
			t.Errorf("%s: the fallback ran", name)
		}
	}
	_, err := run(t, withFallback(t, first, &fakeEngine{err: render.ErrNotNative}), sample)
	wantError(t, err, event.UnsupportedArgument, "needs another engine")
	_, err = run(t, withFallback(t, first, &fakeEngine{err: event.Errorf(event.LimitExceeded, "too large")}), sample)
	wantError(t, err, event.LimitExceeded, "too large")
}

// TestElsewhere sees that a function tells its host, and not its caller, that another one has to answer.
func TestElsewhere(t *testing.T) {
	s := withFallback(t, &fakeEngine{err: notNative()}, Elsewhere{})
	for _, payload := range []string{
		`{"operation":"getSample"}`,
		`{"httpMethod":"POST","queryStringParameters":{"args":"rose:"},"body":null}`,
	} {
		_, err := s.Invoke(t.Context(), []byte(payload))
		if failed, ok := err.(messages.InvokeResponse_Error); !ok || failed.Type != string(event.NotNative) {
			t.Errorf("%s: got %v", payload, err)
		}
	}
	if _, err := s.Proxy(t.Context(), &event.ProxyRequest{QueryStringParameters: map[string]string{"args": "rose:"}}); err == nil {
		t.Error("the proxy answers what another function has to")
	}
}
