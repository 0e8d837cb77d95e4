package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"bluerose/event"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// client is AWS' own client of the Lambda API, as `aws lambda invoke --endpoint-url` is.
func (s *service) client(keyID, secret string) *lambda.Client {
	return lambda.New(lambda.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(s.url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
		}),
		RetryMaxAttempts: 1,
	})
}

func TestLambdaClient(t *testing.T) {
	s := start(t, "--instances", "1")
	client := s.client(s.keyID, s.secret)
	image := aws.String("image")

	t.Run("synchronous", func(t *testing.T) {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: image, Payload: []byte(`{"operation":"getSample"}`), LogType: types.LogTypeTail,
		})
		if err != nil {
			t.Fatal(err)
		}
		if out.StatusCode != http.StatusOK || out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != "$LATEST" {
			t.Errorf("status %d, function error %v, version %v", out.StatusCode, out.FunctionError, out.ExecutedVersion)
		}
		if size := decoded(t, unquoted(t, out.Payload)).Bounds().Size(); size.X != 70 || size.Y != 46 {
			t.Errorf("the rose is %v", size)
		}
		log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"START RequestId: ", "END RequestId: ", "REPORT RequestId: ", "Billed Duration: ", "Memory Size: 1024 MB", "Max Memory Used: "} {
			if !strings.Contains(string(log), line) {
				t.Errorf("the log tail lacks %q:\n%s", line, log)
			}
		}
	})
	t.Run("a version by name", func(t *testing.T) {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: image, Qualifier: aws.String("$LATEST"), Payload: []byte(`{"operation":"ping"}`),
		})
		if err != nil || string(out.Payload) != `"pong"` {
			t.Errorf("%v, %+v", err, out)
		}
	})
	t.Run("API Gateway's event", func(t *testing.T) {
		payload, err := json.Marshal(fields{
			"httpMethod": "POST", "path": "/images", "resource": "/images", "requestContext": fields{"stage": "prod"}, "headers": fields{},
			"queryStringParameters": fields{"args": "-negate", "output": "png"},
			"body":                  base64Text(bluePixel(t)), "isBase64Encoded": true,
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image, Payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		var response struct {
			StatusCode      int
			Body            []byte
			IsBase64Encoded bool
		}
		if err := json.Unmarshal(out.Payload, &response); err != nil || response.StatusCode != http.StatusOK || !response.IsBase64Encoded {
			t.Fatalf("%v: %.300s", err, out.Payload)
		}
		if r, g, b, _ := decoded(t, response.Body).At(0, 0).RGBA(); r != 0xffff || g != 0xffff || b != 0 {
			t.Errorf("blue, negated, is %x %x %x", r, g, b)
		}
	})
	t.Run("asynchronous", func(t *testing.T) {
		before := s.metric(t, "invocations_total")
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: image, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"operation":"ping"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		if out.StatusCode != http.StatusAccepted || len(out.Payload) > 0 {
			t.Errorf("status %d with %q", out.StatusCode, out.Payload)
		}
		s.reaches(t, "invocations_total", before+1)
	})
	t.Run("dry run", func(t *testing.T) {
		before := s.metric(t, "invocations_total")
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image, InvocationType: types.InvocationTypeDryRun})
		if err != nil || out.StatusCode != http.StatusNoContent {
			t.Errorf("%v, %+v", err, out)
		}
		if after := s.metric(t, "invocations_total"); after != before {
			t.Error("a dry run ran the function")
		}
	})
	t.Run("a function that fails", func(t *testing.T) {
		out, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image, Payload: []byte(`{"operation":"nonsense"}`)})
		if err != nil {
			t.Fatal(err)
		}
		if out.StatusCode != http.StatusOK || aws.ToString(out.FunctionError) != "Unhandled" {
			t.Errorf("status %d, function error %v", out.StatusCode, aws.ToString(out.FunctionError))
		}
		if got, want := string(out.Payload), `{"errorMessage":"Unrecognized operation \"nonsense\"","errorType":"InvalidRequest"}`; got != want {
			t.Errorf("the failure is %s, want %s", got, want)
		}
	})
	t.Run("a payload that is no JSON", func(t *testing.T) {
		_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image, Payload: []byte(`{`)})
		refusedBy(t, err, "InvalidRequestContentException", http.StatusBadRequest)
	})
	t.Run("a function that there is not", func(t *testing.T) {
		_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("nobody")})
		refusedBy(t, err, "ResourceNotFoundException", http.StatusNotFound)
	})
	t.Run("a wrong secret", func(t *testing.T) {
		_, err := s.client(s.keyID, s.secret+"x").Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image})
		refusedBy(t, err, "InvalidSignatureException", http.StatusForbidden)
	})
	t.Run("an unknown key", func(t *testing.T) {
		_, err := s.client("AKIDNOBODY", s.secret).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: image})
		refusedBy(t, err, "UnrecognizedClientException", http.StatusForbidden)
	})
	t.Run("no signature", func(t *testing.T) {
		if a := s.post("/2015-03-31/functions/image/invocations", nil); a.status != http.StatusForbidden {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
	s.fine(t)
}

// TestLambdaTellsOfFunctionsThatEnd kills an instance: Lambda's own words tell of it.
func TestLambdaTellsOfFunctionsThatEnd(t *testing.T) {
	s := start(t, "--instances", "1", "--timeout", "5m")
	payload, err := json.Marshal(fields{"operation": "convert", "base64Image": s.rose("png"), "outputExtension": "png", "customArgs": strings.Fields(slow)})
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan *lambda.InvokeOutput, 1)
	go func() {
		out, err := s.client(s.keyID, s.secret).Invoke(context.WithoutCancel(t.Context()), &lambda.InvokeInput{FunctionName: aws.String("image"), Payload: payload})
		if err != nil {
			t.Error(err)
		}
		result <- out
	}()
	s.reaches(t, "instances_busy", 1)
	kill(t, s.children()[0])
	out := <-result
	var f event.Failure
	if err := json.Unmarshal(out.Payload, &f); err != nil || aws.ToString(out.FunctionError) != "Unhandled" ||
		f.ErrorType != "Runtime.ExitError" || !strings.HasSuffix(f.ErrorMessage, "Error: Runtime exited with error: signal: killed") {
		t.Errorf("%v: function error %q: %s", err, aws.ToString(out.FunctionError), out.Payload)
	}
	s.fine(t)
}

func refusedBy(t *testing.T, err error, code string, status int) {
	t.Helper()
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) || api.ErrorCode() != code || response.HTTPStatusCode() != status {
		t.Errorf("got %v, want %s with status %d", err, code, status)
	}
}
