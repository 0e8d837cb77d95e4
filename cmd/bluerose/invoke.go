package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/spf13/cobra"
)

const (
	maxPayload    = 64 << 20 // bytes of a payload, both ways
	invokeTimeout = 15 * time.Minute
	typeEvent     = "Event"
)

// invocation is a call of the Lambda Invoke API.
type invocation struct {
	target
	function, payload, qualifier, kind string
	logTail                            bool
}

func newInvoke(sys system) *cobra.Command {
	var i invocation
	cmd := &cobra.Command{
		Use:   "invoke NAME",
		Short: "Invoke a function of a running Bluerose",
		Long: "Invoke the function NAME of a running Bluerose through its Lambda API, and print what it answers.\n\n" +
			"The request is signed with the access key of the data folder, or, where there is none, with AWS_ACCESS_KEY_ID and\n" +
			"AWS_SECRET_ACCESS_KEY. When the function itself fails, its answer is printed and the exit status is 1.",
		Example: "  bluerose invoke image --payload '{\"operation\":\"ping\"}'\n  bluerose invoke image --payload @event.json --log-tail",
		Args:    refusedArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			i.function = args[0]
			ctx, release := untilSignal(cmd.Context(), sys.signals())
			defer release()
			ctx, cancel := context.WithTimeout(ctx, invokeTimeout)
			defer cancel()
			return i.run(ctx, sys)
		},
	}
	flags := cmd.Flags()
	i.register(flags)
	flags.StringVar(&i.payload, "payload", "{}", "the event: `JSON`, @FILE, or - for standard input")
	flags.StringVar(&i.qualifier, "qualifier", "", "version or alias of the function (default: $LATEST)")
	flags.StringVar(&i.kind, "type", "RequestResponse", "RequestResponse waits for the answer, Event does not, DryRun only asks whether it could run")
	flags.BoolVar(&i.logTail, "log-tail", false, "print the end of the function's log on standard error")
	return mirrored(cmd, sys)
}

func (i invocation) run(ctx context.Context, sys system) error {
	payload, err := readArgument(sys, i.payload)
	if err != nil {
		return err
	}
	request, err := i.request(ctx, payload)
	if err != nil {
		return err
	}
	if err := sign(ctx, sys, i.data, "lambda", request, payload); err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	switch {
	case ctx.Err() != nil:
		return errors.New("ended before the answer was there")
	case err != nil:
		return fmt.Errorf("no answer from %s; is `bluerose up` running there? %w", i.endpoint, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPayload))
	if err != nil {
		return fmt.Errorf("the answer was cut off: %w", err)
	}
	return i.report(sys, response, body)
}

func (i invocation) request(ctx context.Context, payload []byte) (*http.Request, error) {
	base, err := i.base()
	if err != nil {
		return nil, err
	}
	target := base.JoinPath("2015-03-31/functions", url.PathEscape(i.function), "invocations")
	if i.qualifier != "" {
		target.RawQuery = url.Values{"Qualifier": {i.qualifier}}.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", i.kind)
	if i.logTail && i.kind != typeEvent {
		request.Header.Set("X-Amz-Log-Type", "Tail")
	}
	return request, nil
}

// report prints what came back.
func (i invocation) report(sys system, response *http.Response, body []byte) error {
	if response.StatusCode >= 300 {
		return failureOf(i.endpoint, response, body)
	}
	if tail, err := base64.StdEncoding.DecodeString(response.Header.Get("X-Amz-Log-Result")); err == nil {
		_, _ = sys.err.Write(tail)
	}
	if len(body) > 0 {
		fmt.Fprintf(sys.out, "%s\n", body)
	}
	if response.Header.Get("X-Amz-Function-Error") != "" {
		return errSilent
	}
	return nil
}

// sign signs a request to the API of an AWS service, such as lambda, with the access key of a data folder, or, where there is
// none, with that of the environment.
func sign(ctx context.Context, sys system, data, service string, request *http.Request, payload []byte) error {
	key, err := credentials(sys, data)
	if err != nil {
		return err
	}
	scope := firstSet(sys, "AWS_REGION")
	if scope == "" {
		scope = "us-east-1"
	}
	sum := sha256.Sum256(payload)
	return v4.NewSigner().SignHTTP(ctx, key, request, hex.EncodeToString(sum[:]), service, scope, time.Now())
}
