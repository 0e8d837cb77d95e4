package region_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"bluerose/internal/region"

	"github.com/aws/aws-lambda-go/events"
)

// authorize does what the token says.
func authorize(_ context.Context, request events.APIGatewayCustomAuthorizerRequest) (answer events.APIGatewayCustomAuthorizerResponse, err error) {
	switch request.AuthorizationToken {
	case "crash":
		os.Exit(3)
	case "nobody":
		return answer, errors.New("Unauthorized")
	case "nonsense":
		return answer, nil
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: "ada",
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Effect: request.AuthorizationToken, Action: []string{"execute-api:Invoke"}, Resource: []string{request.MethodArn},
			}},
		},
	}, nil
}

// ping asks for pong at a path, with a token or, for "", without one.
func ping(t *testing.T, r *region.Region, path, token string) string {
	t.Helper()
	request, err := http.NewRequest("GET", r.URL()+path, nil)
	if err == nil && token != "" {
		request.Header.Set("Authorization", token)
	}
	status, header, body := do(t, request, err)
	return fmt.Sprintf("%d %s %s", status, header.Get("X-Amzn-ErrorType"), body)
}

const authorizerPath = "/prod/authorizer/ImageProcessingService"

func TestAuthorizer(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.Authorizer = os.Args[0] })
	for _, c := range [][2]string{
		{"Allow", `200  "pong"`},
		{"", `401 UnauthorizedException {"message":"Unauthorized"}`},
		{"nobody", `401 UnauthorizedException {"message":"Unauthorized"}`},
		{"Deny", `403 AccessDeniedException {"Message":"User is not authorized to access this resource"}`},
		{"nonsense", `500 AuthorizerConfigurationException {"message":null}`},
		{"crash", `500 AuthorizerConfigurationException {"message":null}`},
		{"Allow", `200  "pong"`},
	} {
		if got := ping(t, r, authorizerPath, c[0]); got != c[1] {
			t.Errorf("%q: got %s, want %s", c[0], got, c[1])
		}
	}
}

func TestWaysInThatAreNotSetUp(t *testing.T) {
	r := start(t, nil)
	for _, path := range []string{authorizerPath, "/prod/oauth/ImageProcessingService"} {
		if got := ping(t, r, path, "Allow"); got != `401 UnauthorizedException {"message":"Unauthorized"}` {
			t.Errorf("%s: got %s", path, got)
		}
	}
}

func TestTokensAreValidated(t *testing.T) {
	for _, tokens := range []region.Tokens{
		{Issuers: []string{"https://login.example.com"}},
		{Audiences: []string{"bluerose"}},
		{Issuers: []string{"http://login.example.com"}, Audiences: []string{"bluerose"}},
	} {
		err := region.Config{Command: command, Tokens: tokens}.Validate()
		if err == nil || !strings.Contains(err.Error(), "issuer") {
			t.Errorf("%+v: got %v", tokens, err)
		}
	}
}
