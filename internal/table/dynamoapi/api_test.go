package dynamoapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/table"
	"bluerose/internal/table/dynamoapi"
	"bluerose/internal/table/dynamotable"
	"bluerose/internal/table/sqlitetable"
	"bluerose/internal/table/tabletest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// handler serves new tables, in a file of at most maxBytes, for the time of the test.
func handler(t testing.TB, maxBytes int64) http.Handler {
	t.Helper()
	store, err := sqlitetable.Open(t.Context(), sqlitetable.Config{Path: filepath.Join(t.TempDir(), "tables.db"), MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	h, err := dynamoapi.New(dynamoapi.Config{Store: store, ARN: func(name string) string { return "arn:test:" + name }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// client serves new tables and gives AWS' own client of them.
func client(t *testing.T, maxBytes int64) *dynamotable.Store {
	t.Helper()
	server := httptest.NewServer(handler(t, maxBytes))
	t.Cleanup(server.Close)
	store, err := dynamotable.New(dynamotable.Config{
		Endpoint: server.URL, MaxWait: time.Millisecond, Attempts: 2,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// TestStore has AWS' own client keep the contract of a store through the API.
func TestStore(t *testing.T) { tabletest.Run(t, client(t, 0)) }

// A full disk is what the client hears of, too.
func TestFullDisk(t *testing.T) {
	store := client(t, 128<<10)
	if err := store.Create(t.Context(), table.Schema{Name: "results", Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	err := store.Put(t.Context(), "results", table.Item{"h": "a", "text": strings.Repeat("x", 256<<10)})
	e, ok := errors.AsType[*event.Error](err)
	if !ok || e.Kind != event.Internal || !strings.Contains(e.Message, "full") {
		t.Errorf("got %v", err)
	}
	if err := store.Put(t.Context(), "results", table.Item{"h": "a"}); err != nil {
		t.Errorf("a small item: %v", err)
	}
}

// call calls an operation and gives the status and the body of the answer.
func call(t testing.TB, h http.Handler, operation, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(text)
}

const (
	createT = `{"TableName": "ttt", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}],
		"AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}, {"AttributeName": "r", "AttributeType": "N"}],
		"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}`
	itemA1 = `{"h": {"S": "a"}, "r": {"N": "1"}}`
)

func TestAPI(t *testing.T) {
	h := handler(t, 0)
	for _, step := range []struct{ operation, body, want string }{
		{"CreateTable", createT, `"TableStatus":"ACTIVE"`},
		{"CreateTable", createT, `ResourceInUseException`},
		{"DescribeTable", `{"TableName": "ttt"}`, `"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}`},
		{"DescribeTable", `{"TableName": "none"}`, `ResourceNotFoundException`},
		{"ListTables", `{}`, `{"TableNames":["ttt"]}`},
		{"ListTables", `{"ExclusiveStartTableName": "ttt"}`, `{"TableNames":[]}`},
		{"PutItem", `{"TableName": "ttt", "Item": ` + itemA1 + `, "ReturnConsumedCapacity": "TOTAL"}`, `{}`},
		{"GetItem", `{"TableName": "ttt", "Key": ` + itemA1 + `}`, `{"Item":{"h":{"S":"a"},"r":{"N":"1"}}}`},
		{"GetItem", `{"TableName": "ttt", "Key": {"h": {"S": "a"}, "r": {"N": "1"}, "x": {"N": "1"}}}`, `does not match the schema`},
		{"PutItem", `{"TableName": "ttt", "Item": ` + itemA1 + `, "ConditionExpression": "attribute_not_exists(h)"}`, `ConditionalCheckFailedException`},
		{"PutItem", `{"TableName": "ttt", "Item": ` + itemA1 + `, "ReturnValues": "ALL_OLD"}`, `ReturnValues is not available`},
		{"PutItem", `{"TableName": "ttt", "Item": {"h": {"S": "a"}, "r": {"N": "1"}, "b": {"B": "AAAA"}}}`, `S, N, BOOL, NULL, L and M`},
		{"PutItem", `{"TableName": "ttt", "Item": {"h": {"S": "a", "N": "1"}}}`, `ValidationException`},
		{"PutItem", `{"TableName": "ttt", "Item": ` + itemA1 + `, "Expected": {}}`, `The parameter \"Expected\" is not available here`},
		{"PutItem", `[`, `SerializationException`},
		{"UpdateItem", `{}`, `UnknownOperationException`},
		{"Query", `{"TableName": "ttt", "KeyConditionExpression": "h = :a and r > :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`, `joined by AND`},
		{"Query", `{"TableName": "ttt", "KeyConditionExpression": "h = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "Limit": 1}`, `"LastEvaluatedKey":{"h":{"S":"a"},"r":{"N":"1"}}`},
		{"Query", `{"TableName": "ttt", "KeyConditionExpression": "#h = :a", "ExpressionAttributeNames": {"#h": "r"}, "ExpressionAttributeValues": {":a": {"S": "a"}}}`, "KeyConditionExpression must be `h = :value`"},
		{"Query", `{"TableName": "ttt", "KeyConditionExpression": "h = :b"}`, `ExpressionAttributeValues has not`},
		{"Scan", `{"TableName": "ttt", "FilterExpression": "#x = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`, `ExpressionAttributeNames has not`},
		{"Scan", `{"TableName": "ttt", "FilterExpression": "x.y = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}`, `a part of an attribute`},
		{"Scan", `{"TableName": "ttt", "Limit": 0}`, `Limit must be`},
		{"Scan", `{"TableName": "ttt", "ProjectionExpression": "#r, missing", "ExpressionAttributeNames": {"#r": "r"}}`, `{"Count":1,"Items":[{"r":{"N":"1"}}]}`},
		{"Query", `{"TableName": "ttt", "KeyConditionExpression": "h = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "Limit": 1, "ProjectionExpression": "h"}`, `"Items":[{"h":{"S":"a"}}],"LastEvaluatedKey":{"h":{"S":"a"},"r":{"N":"1"}}`},
		{"Scan", `{"TableName": "ttt", "ProjectionExpression": "h,"}`, `ProjectionExpression must be names`},
		{"Scan", `{"TableName": "ttt", "ProjectionExpression": "h, #x"}`, `ExpressionAttributeNames has not`},
		{"Scan", `{"TableName": "ttt", "ProjectionExpression": "m.x"}`, `a part of an attribute`},
		{"Scan", `{"TableName": "ttt"}`, `"Count":1`},
		{"BatchWriteItem", `{"RequestItems": {}}`, `1 to 25`},
		{"BatchWriteItem", `{"RequestItems": {"ttt": [{"PutRequest": {"Item": ` + itemA1 + `}}, {"DeleteRequest": {"Key": ` + itemA1 + `}}]}}`, `the same key`},
		{"DeleteItem", `{"TableName": "ttt", "Key": ` + itemA1 + `}`, `{}`},
		{"GetItem", `{"TableName": "ttt", "Key": ` + itemA1 + `}`, `{}`},
	} {
		status, got := call(t, h, step.operation, step.body)
		if !strings.Contains(got, step.want) || (status == http.StatusOK) == strings.Contains(got, "__type") {
			t.Errorf("%s %s: %d %s; want %s", step.operation, step.body, status, got, step.want)
		}
	}
}

// FuzzAPI sends what is no request: the answer is JSON, and no fault of the server.
func FuzzAPI(f *testing.F) {
	h := handler(f, 0)
	call(f, h, "CreateTable", createT)
	f.Add("PutItem", `{"TableName": "ttt", "Item": `+itemA1+`, "ConditionExpression": "attribute_not_exists(#h) AND x = :v", "ExpressionAttributeNames": {"#h": "h"}, "ExpressionAttributeValues": {":v": {"N": "1e5"}}}`)
	f.Add("Query", `{"TableName": "ttt", "KeyConditionExpression": "h = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "ExclusiveStartKey": `+itemA1+`}`)
	f.Add("BatchWriteItem", `{"RequestItems": {"ttt": [{"PutRequest": {"Item": {"h": {"S": "a"}, "r": {"N": "-0.0"}, "v": {"L": [{"M": {"": {"NULL": true}}}]}}}}]}}`)
	f.Add("Scan", `{"TableName": "ttt", "ExclusiveStartKey": {"h": {"S": "\u0000"}, "r": {"N": "9007199254740992"}}}`)
	f.Add("ListTables", `{"Limit": -1}`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		status, text := call(t, h, operation, body)
		if status == http.StatusInternalServerError || !json.Valid([]byte(text)) {
			t.Errorf("%d %s", status, text)
		}
	})
}
