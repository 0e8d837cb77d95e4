package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bluerose/event"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

// newClient gives AWS' own client of a host's API.
func newClient(t *testing.T, h *Host) (*sdk.Client, string) {
	t.Helper()
	server := httptest.NewServer(h.Handler())
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		HTTPClient:   server.Client(),
		Retryer:      aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
		}),
	}), server.URL
}

// Who may not do what is asked is refused, by the action and the function's ARN.
func TestAuthorize(t *testing.T) {
	var asked []string
	h, _ := newHost(t, func(c *Config) {
		c.Authorize = func(_ context.Context, action, resource string) error {
			asked = append(asked, action+" "+resource)
			if action == "lambda:InvokeFunction" && strings.HasSuffix(resource, ":f") {
				return nil
			}
			return &event.Refusal{Status: http.StatusForbidden, Type: "AccessDeniedException", Message: "no"}
		}
	})
	client, url := newClient(t, h)
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:"
	if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String(arn + "f")}); err != nil {
		t.Error(err)
	}
	for _, call := range []string{
		"GET /2015-03-31/functions", "GET /2015-03-31/functions/", "GET /2015-03-31/functions/f", "DELETE /2015-03-31/functions/f?Qualifier=1",
		"GET /2015-03-31/functions/f/configuration", "GET /2015-03-31/functions/f/versions", "POST /2015-03-31/functions/f/versions",
		"GET /2015-03-31/functions/f/aliases", "POST /2015-03-31/functions/f/aliases", "GET /2015-03-31/functions/f/aliases/a",
		"PUT /2015-03-31/functions/f/aliases/a", "DELETE /2015-03-31/functions/f/aliases/a",
		"POST /2015-03-31/functions/f:prod/invocations", "POST /2015-03-31/functions/f/invocations?Qualifier=prod",
	} {
		method, path, _ := strings.Cut(call, " ")
		r, err := http.NewRequest(method, url+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden || !strings.Contains(string(body), `"Message":"no"`) || response.Header.Get("X-Amzn-ErrorType") != "AccessDeniedException" {
			t.Errorf("%s: got %d %s", call, response.StatusCode, body)
		}
	}
	want := []string{
		"lambda:InvokeFunction " + arn + "f", "lambda:ListFunctions *", "lambda:ListFunctions *", "lambda:GetFunction " + arn + "f",
		"lambda:DeleteFunction " + arn + "f:1", "lambda:GetFunctionConfiguration " + arn + "f", "lambda:ListVersionsByFunction " + arn + "f",
		"lambda:PublishVersion " + arn + "f", "lambda:ListAliases " + arn + "f", "lambda:CreateAlias " + arn + "f", "lambda:GetAlias " + arn + "f",
		"lambda:UpdateAlias " + arn + "f", "lambda:DeleteAlias " + arn + "f",
		"lambda:InvokeFunction " + arn + "f:prod", "lambda:InvokeFunction " + arn + "f:prod",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
}

func TestInvokeWithSDK(t *testing.T) {
	h, watch := newHost(t, nil)
	client, _ := newClient(t, h)
	if _, err := h.PublishVersion("f", Publication{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f", "f:$LATEST", "123456789012:function:f", "arn:aws:lambda:us-east-1:123456789012:function:f"} {
		out, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &name, Payload: []byte(`{"text":"rose"}`)})
		if err != nil || out.StatusCode != 200 || string(out.Payload) != `{"text":"rose"}` || aws.ToString(out.ExecutedVersion) != Latest ||
			out.FunctionError != nil || out.LogResult != nil {
			t.Fatalf("%s: %+v %v", name, out, err)
		}
	}
	out, err := client.Invoke(t.Context(), &sdk.InvokeInput{
		FunctionName: aws.String("f"), Qualifier: aws.String("1"), LogType: types.LogTypeTail,
		ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"custom":{"k":"v"}}`))),
		Payload:       payload(t, order{Do: "context"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil || !strings.HasPrefix(string(tail), "START RequestId: ") || aws.ToString(out.ExecutedVersion) != "1" ||
		!strings.Contains(string(out.Payload), `"custom":{"k":"v"}`) {
		t.Errorf("%q %v %s", tail, err, out.Payload)
	}
	out, err = client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: payload(t, order{Do: "fail", Text: "no"})})
	if err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != Unhandled ||
		string(out.Payload) != `{"errorMessage":"no","errorType":"errorString"}` {
		t.Errorf("%+v %v", out, err)
	}
	out, err = client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("%+v %v", out, err)
	}
	done := watch.wait("line 0 event")
	out, err = client.Invoke(t.Context(), &sdk.InvokeInput{
		FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent, Payload: payload(t, order{Do: "print", N: 1, Text: "event"}),
	})
	if err != nil || out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Errorf("%+v %v", out, err)
	}
	<-done
	out, err = client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f")})
	if err != nil || string(out.Payload) != "{}" {
		t.Errorf("no payload: %+v %v", out, err)
	}
}

func TestErrorsWithSDK(t *testing.T) {
	h, watch := newHost(t, func(c *Config) { c.MaxPayload, c.Async.MaxPayload, c.Queue = 1000, 100, NoQueue })
	client, _ := newClient(t, h)
	big := []byte(`"` + strings.Repeat("x", 2000) + `"`)
	invokeError := func(in *sdk.InvokeInput) error {
		_, err := client.Invoke(t.Context(), in)
		return err
	}
	for _, test := range []struct {
		in            *sdk.InvokeInput
		code, message string
	}{
		{&sdk.InvokeInput{FunctionName: aws.String("g")}, "ResourceNotFoundException",
			"Function not found: arn:aws:lambda:us-east-1:123456789012:function:g:$LATEST"},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("prod")}, "ResourceNotFoundException",
			"Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:prod"},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"a`)}, "InvalidRequestContentException",
			"Could not parse request body into json: unexpected end of JSON input"},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), Payload: big}, "RequestEntityTooLargeException",
			"Request must be smaller than 1000 bytes for the InvokeFunction operation"},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), Payload: big[:0:0], Qualifier: aws.String("$")}, "InvalidParameterValueException",
			"The qualifier is not valid: give a version or an alias"},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), ClientContext: aws.String("???")}, "InvalidRequestContentException",
			"Client context must be a valid Base64-encoded JSON object."},
		{&sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: "Later"}, "InvalidParameterValueException",
			"1 validation error detected: Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[RequestResponse, Event, DryRun]"},
	} {
		var e smithy.APIError
		if err := invokeError(test.in); !errors.As(err, &e) || e.ErrorCode() != test.code || e.ErrorMessage() != test.message {
			t.Errorf("%+v: %v", *test.in, err)
		}
	}

	started := watch.wait("hanging")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = h.Invoke(ctx, Invocation{Function: "f", Payload: payload(t, order{Do: "hang"})})
	}()
	<-started
	var busy *types.TooManyRequestsException
	if err := invokeError(&sdk.InvokeInput{FunctionName: aws.String("f")}); !errors.As(err, &busy) ||
		busy.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded || aws.ToString(busy.RetryAfterSeconds) != "1" {
		t.Errorf("%v", err)
	}
	cancel()
	<-ended
}

func TestVersionsWithSDK(t *testing.T) {
	h, _ := newHost(t, nil)
	client, _ := newClient(t, h)
	name := aws.String("f")
	version, err := client.PublishVersion(t.Context(), &sdk.PublishVersionInput{FunctionName: name, Description: aws.String("first")})
	if err != nil || aws.ToString(version.Version) != "1" || aws.ToString(version.Description) != "first" {
		t.Fatalf("%+v %v", version, err)
	}
	versions, err := client.ListVersionsByFunction(t.Context(), &sdk.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(1)})
	if err != nil || len(versions.Versions) != 1 || aws.ToString(versions.NextMarker) == "" {
		t.Fatalf("%+v %v", versions, err)
	}
	versions, err = client.ListVersionsByFunction(t.Context(), &sdk.ListVersionsByFunctionInput{FunctionName: name, Marker: versions.NextMarker})
	if err != nil || len(versions.Versions) != 1 || aws.ToString(versions.Versions[0].Version) != "1" || versions.NextMarker != nil {
		t.Fatalf("%+v %v", versions, err)
	}
	alias, err := client.CreateAlias(t.Context(), &sdk.CreateAliasInput{
		FunctionName: name, Name: aws.String("prod"), FunctionVersion: aws.String("1"), RoutingConfig: &types.AliasRoutingConfiguration{},
	})
	if err != nil || aws.ToString(alias.AliasArn) != "arn:aws:lambda:us-east-1:123456789012:function:f:prod" {
		t.Fatalf("%+v %v", alias, err)
	}
	var conflict *types.ResourceConflictException
	if _, err = client.CreateAlias(t.Context(), &sdk.CreateAliasInput{
		FunctionName: name, Name: aws.String("prod"), FunctionVersion: aws.String("1"),
	}); !errors.As(err, &conflict) {
		t.Errorf("%v", err)
	}
	if _, err = client.UpdateAlias(t.Context(), &sdk.UpdateAliasInput{
		FunctionName: name, Name: aws.String("prod"), FunctionVersion: aws.String("$LATEST"),
	}); err != nil {
		t.Error(err)
	}
	got, err := client.GetAlias(t.Context(), &sdk.GetAliasInput{FunctionName: name, Name: aws.String("prod")})
	if err != nil || aws.ToString(got.FunctionVersion) != Latest {
		t.Errorf("%+v %v", got, err)
	}
	aliases, err := client.ListAliases(t.Context(), &sdk.ListAliasesInput{FunctionName: name})
	if err != nil || len(aliases.Aliases) != 1 {
		t.Errorf("%+v %v", aliases, err)
	}
	if _, err = client.DeleteAlias(t.Context(), &sdk.DeleteAliasInput{FunctionName: name, Name: aws.String("prod")}); err != nil {
		t.Error(err)
	}
	var missing *types.ResourceNotFoundException
	if _, err = client.GetAlias(t.Context(), &sdk.GetAliasInput{FunctionName: name, Name: aws.String("prod")}); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	functions, err := client.ListFunctions(t.Context(), &sdk.ListFunctionsInput{})
	if err != nil || len(functions.Functions) != 1 || aws.ToInt32(functions.Functions[0].MemorySize) != 1024 {
		t.Errorf("%+v %v", functions, err)
	}
	function, err := client.GetFunction(t.Context(), &sdk.GetFunctionInput{FunctionName: aws.String("f:1")})
	if err != nil || function.Configuration.State != types.StateActive || aws.ToString(function.Configuration.Version) != "1" {
		t.Errorf("%+v %v", function, err)
	}
	if _, err = client.GetFunctionConfiguration(t.Context(), &sdk.GetFunctionConfigurationInput{FunctionName: aws.String("g")}); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// Details of the wire that a client library hides.
func TestWire(t *testing.T) {
	h, _ := newHost(t, nil)
	_, base := newClient(t, h)
	for _, test := range []struct {
		method, path, body string
		status             int
		kind, text         string
	}{
		{"POST", "/2015-03-31/functions/" + url.PathEscape("arn:aws:lambda:us-east-1:123456789012:function:f") + "/invocations", `null`, 200, "", "null"},
		{"POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations", `7`, 200, "", "7"},
		{"POST", "/2015-03-31/functions/f%2Fg/invocations", `7`, 400, "InvalidParameterValueException", ""},
		{"POST", "/2015-03-31/functions/f:1/invocations?Qualifier=2", `7`, 400, "InvalidParameterValueException", "derived qualifier"},
		{"POST", "/2015-03-31/functions/g/invocations", `7`, 404, "ResourceNotFoundException", `"Message":"Function not found: `},
		{"POST", "/2015-03-31/functions/f/invocations", "\x00BR", 400, "InvalidRequestContentException", `"message":`},
		{"GET", "/2015-03-31/functions/", "", 200, "", `"Functions":[{`},
		{"GET", "/2015-03-31/functions/f/invocations", "", 404, "UnknownOperationException", ""},
		{"GET", "/2015-03-31/functions/f/versions?MaxItems=x", "", 400, "InvalidParameterValueException", ""},
		{"POST", "/2015-03-31/functions/f/aliases", "{", 400, "InvalidRequestContentException", ""},
		{"POST", "/2015-03-31/functions/f/aliases", `{"Name":"w","FunctionVersion":"$LATEST","RoutingConfig":{"AdditionalVersionWeights":{"1":0.5}}}`,
			400, "InvalidParameterValueException", "$LATEST is not supported"},
		{"DELETE", "/2015-03-31/functions/f", "", 400, "InvalidParameterValueException", "published version"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, base+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != test.status || resp.Header.Get("X-Amzn-Errortype") != test.kind ||
			!strings.Contains(string(body), test.text) || resp.Header.Get("X-Amzn-Requestid") == "" || !json.Valid(body) {
			t.Errorf("%s %s: %d %v %s", test.method, test.path, resp.StatusCode, resp.Header, body)
		}
	}
}

// A body that is cut off half way, and a caller that goes away, cost nothing but themselves.
func TestBodyCutOff(t *testing.T) {
	h, _ := newHost(t, nil)
	r := httptest.NewRequest("POST", "/2015-03-31/functions/f/invocations", strings.NewReader(`"half`))
	r.ContentLength = 100
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "ended too early") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	invoke(t, h, order{})
}

// A client that hangs up ends its request, and the instance is free for others.
func TestClientHangsUp(t *testing.T) {
	h, watch := newHost(t, nil)
	client, _ := newClient(t, h)
	started := watch.wait("hanging")
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := client.Invoke(ctx, &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: payload(t, order{Do: "hang"})})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}()
	<-started
	hangUp()
	<-ended
	if r := invoke(t, h, order{}); r.FunctionError != "" {
		t.Errorf("the next request fails: %s", r.Payload)
	}
	if s := h.Stats()["f"]; s.Cancelled != 1 || s.Timeouts != 0 {
		t.Errorf("%+v", s)
	}
}
