package main

import (
	"context"
	"errors"

	"bluerose/internal/table/dynamotable"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// awsKey gives the access key of the environment, which Lambda and `bluerose up` set for functions.
func awsKey(sys system) (aws.CredentialsProvider, error) {
	var key aws.Credentials
	for name, into := range map[string]*string{
		"AWS_ACCESS_KEY_ID": &key.AccessKeyID, "AWS_SECRET_ACCESS_KEY": &key.SecretAccessKey, "AWS_SESSION_TOKEN": &key.SessionToken,
	} {
		*into, _ = sys.lookup(name)
	}
	if !key.HasKeys() {
		return nil, errors.New("there is no access key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }), nil
}

// firstSet gives the first of the variables that has a value.
func firstSet(sys system, names ...string) string {
	for _, name := range names {
		if value, ok := sys.lookup(name); ok && value != "" {
			return value
		}
	}
	return ""
}

// dynamoTables gives the tables of a DynamoDB; endpoint is empty for that of AWS, or of what AWS_ENDPOINT_URL names.
func dynamoTables(sys system, endpoint string) (*dynamotable.Store, error) {
	key, err := awsKey(sys)
	if err != nil {
		return nil, err
	}
	if endpoint == "" {
		endpoint = firstSet(sys, "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
	}
	return dynamotable.New(dynamotable.Config{
		Endpoint: endpoint, Credentials: key, Region: firstSet(sys, "AWS_REGION", "AWS_DEFAULT_REGION"),
	})
}
