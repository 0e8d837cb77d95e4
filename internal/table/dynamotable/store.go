// Package dynamotable keeps tables in DynamoDB, or in whatever speaks its API at an endpoint.
//
// It has no stream for this process to read: in AWS an event source mapping hands a table's changes to a function, and
// Create makes tables that have one.
package dynamotable

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"bluerose/internal/table"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Config says where DynamoDB is and who calls. The zero value of a field means its default.
type Config struct {
	Region      string                  // default "us-east-1"
	Credentials aws.CredentialsProvider // Required
	Endpoint    string                  // URL; default that of the region
	Attempts    int                     // of one request, with growing waits between; default 6
	MaxWait     time.Duration           // the longest of these waits; default 5 s
	Timeout     time.Duration           // of one attempt; default 30 s
	CreateTime  time.Duration           // that a new table may take until it can be used; default 1 min
}

func (c *Config) setDefaults() {
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.Attempts, 6)
	setDefault(&c.MaxWait, 5*time.Second)
	setDefault(&c.Timeout, 30*time.Second)
	setDefault(&c.CreateTime, time.Minute)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.Credentials == nil:
		return errors.New("dynamotable: Credentials are required")
	case c.Attempts < 0 || c.MaxWait < 0 || c.Timeout < 0 || c.CreateTime < 0:
		return errors.New("dynamotable: a bound is negative")
	}
	return nil
}

// Store is DynamoDB as a table.Store.
type Store struct {
	cfg     Config
	client  *dynamodb.Client
	backoff retry.BackoffDelayer

	mu    sync.Mutex
	known map[string]table.Schema // at most table.MaxTables
}

// New gives a Store. It sends nothing yet.
func New(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	backoff := retry.NewExponentialJitterBackoff(cfg.MaxWait)
	options := dynamodb.Options{
		Region: cfg.Region, Credentials: cfg.Credentials, HTTPClient: &http.Client{Timeout: cfg.Timeout},
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff, o.Backoff = cfg.Attempts, cfg.MaxWait, backoff
		}),
	}
	if cfg.Endpoint != "" {
		options.BaseEndpoint = &cfg.Endpoint
	}
	return &Store{cfg: cfg, client: dynamodb.New(options), backoff: backoff, known: map[string]table.Schema{}}, nil
}

// Create makes a table, and waits until it can be used.
func (s *Store) Create(ctx context.Context, wanted table.Schema) error {
	if err := wanted.Validate(); err != nil {
		return err
	}
	input := &dynamodb.CreateTableInput{
		TableName: &wanted.Name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: &wanted.Hash, KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &wanted.Hash, AttributeType: types.ScalarAttributeTypeS}},
	}
	if wanted.Range != "" {
		input.KeySchema = append(input.KeySchema, types.KeySchemaElement{AttributeName: &wanted.Range, KeyType: types.KeyTypeRange})
		input.AttributeDefinitions = append(input.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: &wanted.Range, AttributeType: types.ScalarAttributeTypeN})
	}
	if wanted.Stream {
		input.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}
	}
	_, err := s.client.CreateTable(ctx, input)
	if _, there := errors.AsType[*types.ResourceInUseException](err); err != nil && !there {
		return s.wrote(wanted.Name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = min(100*time.Millisecond, s.cfg.MaxWait), s.cfg.MaxWait
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &wanted.Name}, s.cfg.CreateTime); err != nil {
		return s.wrote(wanted.Name, err)
	}
	found, err := s.Schema(ctx, wanted.Name)
	if err == nil && !found.SameKeys(wanted) {
		return table.OtherSchema(wanted.Name)
	}
	return err
}

// Schema gives the schema of a table.
func (s *Store) Schema(ctx context.Context, name string) (table.Schema, error) {
	s.mu.Lock()
	schema, ok := s.known[name]
	s.mu.Unlock()
	if ok {
		return schema, nil
	}
	if err := (table.Schema{Name: name, Hash: "any"}).Validate(); err != nil { // SDK and service word it worse
		return schema, err
	}
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return schema, s.read(name, err)
	}
	if schema, err = schemaOf(name, out.Table); err != nil {
		return schema, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) < table.MaxTables {
		s.known[name] = schema
	}
	return schema, nil
}

// schemaOf refuses tables with keys of other types.
func schemaOf(name string, description *types.TableDescription) (table.Schema, error) {
	kinds := map[string]types.ScalarAttributeType{}
	for _, a := range description.AttributeDefinitions {
		kinds[*a.AttributeName] = a.AttributeType
	}
	schema := table.Schema{Name: name}
	for _, key := range description.KeySchema {
		want, into := types.ScalarAttributeTypeS, &schema.Hash
		if key.KeyType == types.KeyTypeRange {
			want, into = types.ScalarAttributeTypeN, &schema.Range
		}
		if kinds[*key.AttributeName] != want {
			return schema, table.OtherSchema(name)
		}
		*into = *key.AttributeName
	}
	if stream := description.StreamSpecification; stream != nil {
		schema.Stream = aws.ToBool(stream.StreamEnabled)
	}
	return schema, nil
}

// Tables gives the names of all tables in order.
func (s *Store) Tables(ctx context.Context) ([]string, error) {
	out, err := s.client.ListTables(ctx, &dynamodb.ListTablesInput{Limit: aws.Int32(table.MaxTables)})
	if err != nil {
		return nil, s.read("", err)
	}
	return slices.Sorted(slices.Values(out.TableNames)), nil
}

// Get gives the item of a key.
func (s *Store) Get(ctx context.Context, name string, key table.Key) (table.Item, error) {
	schema, err := s.Schema(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := schema.CheckKey(key); err != nil {
		return nil, err
	}
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &name, Key: toAttributes(schema.KeyItem(key)), ConsistentRead: aws.Bool(true),
	})
	if err != nil || out.Item == nil {
		return nil, s.read(name, err)
	}
	item, err := fromAttributes(out.Item)
	return item, s.read(name, err)
}

// Query gives items of one hash.
func (s *Store) Query(ctx context.Context, name string, q table.Query) (table.Page, error) {
	r, err := s.reading(ctx, name, q.Limit, q.After, q.Filter)
	if err != nil {
		return table.Page{}, err
	}
	if err := r.schema.CheckKey(table.Key{Hash: q.Hash}); err != nil {
		return table.Page{}, err
	}
	r.filter.add("#hash", r.schema.Hash, ":hash", q.Hash)
	out, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &name, ConsistentRead: aws.Bool(true), Limit: &r.limit, ScanIndexForward: aws.Bool(!q.Descending),
		KeyConditionExpression: aws.String("#hash = :hash"), FilterExpression: r.filter.text,
		ExpressionAttributeNames: r.filter.names, ExpressionAttributeValues: r.filter.values, ExclusiveStartKey: r.start,
	})
	if err != nil {
		return table.Page{}, s.read(name, err)
	}
	return s.page(r.schema, out.Items, out.LastEvaluatedKey)
}

// Scan gives items of all hashes.
func (s *Store) Scan(ctx context.Context, name string, q table.Scan) (table.Page, error) {
	r, err := s.reading(ctx, name, q.Limit, q.After, q.Filter)
	if err != nil {
		return table.Page{}, err
	}
	out, err := s.client.Scan(ctx, &dynamodb.ScanInput{
		TableName: &name, ConsistentRead: aws.Bool(true), Limit: &r.limit, FilterExpression: r.filter.text,
		ExpressionAttributeNames: r.filter.names, ExpressionAttributeValues: r.filter.values, ExclusiveStartKey: r.start,
	})
	if err != nil {
		return table.Page{}, s.read(name, err)
	}
	return s.page(r.schema, out.Items, out.LastEvaluatedKey)
}

func (s *Store) page(schema table.Schema, items []map[string]types.AttributeValue, last map[string]types.AttributeValue) (table.Page, error) {
	var page table.Page
	for _, typed := range items {
		item, err := fromAttributes(typed)
		if err != nil {
			return page, s.read(schema.Name, err)
		}
		page.Items = append(page.Items, item)
	}
	if len(last) == 0 {
		return page, nil
	}
	item, err := fromAttributes(last)
	if err != nil {
		return page, s.read(schema.Name, err)
	}
	next, err := schema.Key(item)
	page.Next = &next
	return page, err
}

// reading is what a Query and a Scan have in common.
type reading struct {
	schema table.Schema
	limit  int32
	filter expression
	start  map[string]types.AttributeValue // nil for the beginning
}

func (s *Store) reading(ctx context.Context, name string, limit int, after *table.Key, filter table.Equal) (r reading, err error) {
	if r.schema, err = s.Schema(ctx, name); err != nil {
		return r, err
	}
	if limit, err = table.PageLimit(limit); err != nil {
		return r, err
	}
	r.limit = int32(limit)
	if after != nil {
		r.start = toAttributes(r.schema.KeyItem(*after))
	}
	r.filter, err = newExpression(filter)
	return r, err
}
