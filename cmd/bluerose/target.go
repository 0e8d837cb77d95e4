package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bluerose/internal/harness/invoker"
	"bluerose/internal/identity"
	"bluerose/internal/region"
	"bluerose/internal/table/dynamotable"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/spf13/pflag"
)

// target is the running Bluerose, or the AWS, that a command talks to through its AWS APIs.
type target struct {
	endpoint, data string
}

func (t *target) register(flags *pflag.FlagSet) {
	flags.StringVar(&t.endpoint, "endpoint", "http://127.0.0.1:8080", "`URL` of the Bluerose to call")
	flags.StringVar(&t.data, "data", "./data", "data `folder` of that Bluerose, for its access key")
}

// base gives the endpoint, or says what it must be.
func (t *target) base() (*url.URL, error) {
	base, err := url.Parse(t.endpoint)
	if err != nil || base.Host == "" {
		return nil, refusal{fmt.Errorf("--endpoint must be a URL such as http://127.0.0.1:8080")}
	}
	return base, nil
}

// credentials gives the access key of a data folder, or, where there is none, that of the environment.
func credentials(sys system, data string) (aws.Credentials, error) {
	key, err := identity.LoadKey(region.CredentialsPath(data))
	if err == nil {
		return aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}, nil
	}
	if provider, absent := awsKey(sys); errors.Is(err, fs.ErrNotExist) && absent == nil {
		return provider.Retrieve(context.Background())
	}
	return aws.Credentials{}, fmt.Errorf("no access key: give --data the folder of the running Bluerose, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", err)
}

func (t *target) provider(sys system) (aws.CredentialsProvider, error) {
	key, err := credentials(sys, t.data)
	if err != nil {
		return nil, err
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }), nil
}

// functions gives the target's functions. connections is how many requests are on the way at the same time, about.
func (t *target) functions(sys system, connections int) (*invoker.Client, error) {
	key, err := t.provider(sys)
	if err != nil {
		return nil, err
	}
	return lambdaClient(sys, key, t.endpoint, connections), nil
}

// tables gives the target's tables.
func (t *target) tables(sys system) (*dynamotable.Store, error) {
	key, err := t.provider(sys)
	if err != nil {
		return nil, err
	}
	return dynamotable.New(dynamotable.Config{
		Endpoint: t.endpoint, Credentials: key, Region: firstSet(sys, "AWS_REGION", "AWS_DEFAULT_REGION"), Attempts: 2,
	})
}

// lambdaClient gives the functions behind a Lambda API; endpoint is empty for that of AWS.
func lambdaClient(sys system, key aws.CredentialsProvider, endpoint string, connections int) *invoker.Client {
	options := lambda.Options{
		Region: firstSet(sys, "AWS_REGION", "AWS_DEFAULT_REGION"), Credentials: key, HTTPClient: manyConnections(connections),
	}
	if options.Region == "" {
		options.Region = "us-east-1"
	}
	if endpoint != "" {
		options.BaseEndpoint = &endpoint
	}
	return invoker.New(lambda.New(options))
}

// manyConnections gives an HTTP client that keeps as many connections open.
func manyConnections(n int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = n, n
	return &http.Client{Transport: transport}
}

// newTestID names a test by when it began, and by chance.
func newTestID(kind string) string {
	return kind + "-" + time.Now().UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:4])
}
