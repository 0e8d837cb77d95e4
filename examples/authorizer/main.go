// Command authorizer is an example of a function as authorizer: it lets in whose token the file tokens beside it has. Each line
// of the file is a token's SHA-256 in hex, and the name of who may use it. The same program is a Lambda authorizer in AWS.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(authorize) }

// authorize answers a policy for every route of the stage, which is remembered for 5 minutes, so that it must not be for the
// one route alone that is asked for. The error Unauthorized, spelled so, is answered 401.
func authorize(_ context.Context, request events.APIGatewayCustomAuthorizerRequest) (answer events.APIGatewayCustomAuthorizerResponse, err error) {
	tokens, err := os.ReadFile("tokens") // the working folder is the program's
	if err != nil {
		return answer, err
	}
	sum := sha256.Sum256([]byte(strings.TrimPrefix(request.AuthorizationToken, "Bearer ")))
	for line := range strings.Lines(string(tokens)) {
		digest, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if digest == hex.EncodeToString(sum[:]) { // a digest gives nothing away, however long the comparison takes
			return allow(strings.TrimSpace(name), request.MethodArn)
		}
	}
	return answer, errors.New("Unauthorized")
}

func allow(name, arn string) (events.APIGatewayCustomAuthorizerResponse, error) {
	parts := strings.SplitN(arn, "/", 3) // API, stage, method and path
	if len(parts) != 3 {
		return events.APIGatewayCustomAuthorizerResponse{}, fmt.Errorf("%q is no route", arn)
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: name,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Effect: "Allow", Action: []string{"execute-api:Invoke"}, Resource: []string{parts[0] + "/" + parts[1] + "/*"},
			}},
		},
		Context: map[string]any{"name": name},
	}, nil
}
