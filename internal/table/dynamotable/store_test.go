package dynamotable_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"bluerose/event"
	"bluerose/internal/table"
	"bluerose/internal/table/dynamotable"
	"bluerose/internal/table/tabletest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// config is a Config of an endpoint that takes any key.
func config(endpoint string) dynamotable.Config {
	return dynamotable.Config{Endpoint: endpoint, MaxWait: time.Millisecond, Credentials: aws.CredentialsProviderFunc(key)}
}

func TestStore(t *testing.T) {
	store, err := dynamotable.New(config(tabletest.StartDynalite(t)))
	if err != nil {
		t.Fatal(err)
	}
	tabletest.Run(t, store)
}

func key(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
}

// TestErrors has a DynamoDB that does nothing but fail.
func TestErrors(t *testing.T) {
	for code, want := range map[string]event.Kind{
		"ResourceNotFoundException": event.NotFound, "ValidationException": event.InvalidRequest, "ThrottlingException": event.Throttled,
		"ProvisionedThroughputExceededException": event.Throttled, "UnrecognizedClientException": event.AccessDenied,
		"InternalServerError": event.Internal, "": event.Internal,
	} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			status := http.StatusBadRequest
			if want == event.Internal {
				status = http.StatusInternalServerError
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "words"}`, code)
		}))
		cfg := config(server.URL)
		cfg.Attempts = 3
		store, err := dynamotable.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Get(t.Context(), "results", table.Key{Hash: "a"})
		server.Close()
		retried := want == event.Throttled || want == event.Internal
		if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != want || retried != (calls == 3) || !retried && calls != 1 {
			t.Errorf("%s: %v after %d calls", code, err, calls)
		}
	}
}

// TestUnprocessed has a DynamoDB that takes one item of each batch, and then none.
func TestUnprocessed(t *testing.T) {
	taken, most := 0, 100
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") == "DynamoDB_20120810.DescribeTable" {
			fmt.Fprint(w, `{"Table": {"KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}], "AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}]}}`)
			return
		}
		var in struct{ RequestItems map[string][]json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.RequestItems["results"]) > 25 {
			t.Errorf("%d requests in a batch, %v", len(in.RequestItems["results"]), err)
		}
		if taken < most {
			taken++
			in.RequestItems["results"] = in.RequestItems["results"][1:]
		}
		if len(in.RequestItems["results"]) == 0 {
			in.RequestItems = nil
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"UnprocessedItems": in.RequestItems})
	}))
	defer server.Close()
	cfg := config(server.URL)
	cfg.Attempts = 40
	store, err := dynamotable.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	items := make([]table.Item, 30)
	for i := range items {
		items[i] = table.Item{"h": fmt.Sprint(i)}
	}
	if err := store.Put(t.Context(), "results", items...); err != nil || taken != 30 {
		t.Errorf("%d items are taken, %v", taken, err)
	}
	most = taken
	err = store.Put(t.Context(), "results", items...)
	if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != event.Throttled {
		t.Errorf("a DynamoDB that takes nothing gives %v", err)
	}
}

func TestConfig(t *testing.T) {
	for _, cfg := range []dynamotable.Config{{}, {Credentials: config("").Credentials, Attempts: -1}} {
		if _, err := dynamotable.New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
