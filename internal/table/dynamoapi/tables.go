package dynamoapi

import (
	"context"
	"encoding/json"
	"errors"
	"sort"

	"bluerose/event"
	"bluerose/internal/table"
)

type (
	keyElement          struct{ AttributeName, KeyType string }
	attributeDefinition struct{ AttributeName, AttributeType string }
	streamSpecification struct {
		StreamEnabled  bool
		StreamViewType string `json:",omitempty"`
	}
)

// createTable is CreateTable. What a table costs in AWS is passed over.
type createTable struct {
	TableName             string
	KeySchema             []keyElement
	AttributeDefinitions  []attributeDefinition
	StreamSpecification   *streamSpecification
	BillingMode           string
	ProvisionedThroughput json.RawMessage
}

type tableName struct{ TableName string }

type listTables struct {
	ExclusiveStartTableName string
	Limit                   int
}

// description is a table as DescribeTable shows it.
type description struct {
	TableName            string
	TableArn             string
	TableStatus          string
	KeySchema            []keyElement
	AttributeDefinitions []attributeDefinition
	StreamSpecification  *streamSpecification `json:",omitempty"`
}

const newAndOld = "NEW_AND_OLD_IMAGES"

func (a api) createTable(ctx context.Context, in createTable) (any, error) {
	schema, err := in.schema()
	if err != nil {
		return nil, err
	}
	_, err = a.Store.Schema(ctx, schema.Name)
	if err == nil {
		return nil, apiError{"ResourceInUseException", "Table already exists: " + schema.Name}
	}
	if e, ok := errors.AsType[*event.Error](err); !ok || e.Kind != event.NotFound {
		return nil, err
	}
	if err := a.Store.Create(ctx, schema); err != nil {
		return nil, err
	}
	return map[string]any{"TableDescription": a.describe(schema)}, nil
}

func (in createTable) schema() (table.Schema, error) {
	schema := table.Schema{Name: in.TableName}
	kinds := map[string]string{}
	for _, a := range in.AttributeDefinitions {
		kinds[a.AttributeName] = a.AttributeType
	}
	for _, key := range in.KeySchema {
		switch {
		case key.KeyType == "HASH" && schema.Hash == "" && kinds[key.AttributeName] == "S":
			schema.Hash = key.AttributeName
		case key.KeyType == "RANGE" && schema.Range == "" && kinds[key.AttributeName] == "N":
			schema.Range = key.AttributeName
		default:
			return schema, validation("A table has a HASH key of type S, and may have a RANGE key of type N, here")
		}
	}
	if stream := in.StreamSpecification; stream != nil && stream.StreamEnabled {
		if stream.StreamViewType != newAndOld {
			return schema, validation("A stream has the view type " + newAndOld + " here")
		}
		schema.Stream = true
	}
	return schema, schema.Validate()
}

func (a api) describe(s table.Schema) description {
	d := description{
		TableName: s.Name, TableArn: a.ARN(s.Name), TableStatus: "ACTIVE",
		KeySchema: []keyElement{{s.Hash, "HASH"}}, AttributeDefinitions: []attributeDefinition{{s.Hash, "S"}},
	}
	if s.Range != "" {
		d.KeySchema = append(d.KeySchema, keyElement{s.Range, "RANGE"})
		d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{s.Range, "N"})
	}
	if s.Stream {
		d.StreamSpecification = &streamSpecification{true, newAndOld}
	}
	return d
}

func (a api) describeTable(ctx context.Context, in tableName) (any, error) {
	schema, err := a.Store.Schema(ctx, in.TableName)
	return map[string]any{"Table": a.describe(schema)}, err
}

func (a api) listTables(ctx context.Context, in listTables) (any, error) {
	names, err := a.Store.Tables(ctx)
	if err != nil {
		return nil, err
	}
	names = names[sort.Search(len(names), func(i int) bool { return names[i] > in.ExclusiveStartTableName }):]
	answer := struct {
		TableNames             []string
		LastEvaluatedTableName string `json:",omitempty"`
	}{TableNames: names}
	if in.Limit > 0 && in.Limit < len(names) {
		answer.TableNames = names[:in.Limit]
		answer.LastEvaluatedTableName = names[in.Limit-1]
	}
	return answer, nil
}
