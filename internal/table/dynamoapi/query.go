package dynamoapi

import (
	"context"

	"bluerose/internal/table"
)

// reading are the parameters that Query and Scan share.
type reading struct {
	TableName            string
	FilterExpression     string
	ProjectionExpression string
	ExclusiveStartKey    attributes
	Limit                *int
	ConsistentRead       bool // it is always so
	expressions
	unanswered
}

type query struct {
	reading
	KeyConditionExpression string
	ScanIndexForward       *bool
}

type scan struct{ reading }

// page is what a reading asks of the store.
type page struct {
	schema table.Schema
	after  *table.Key
	limit  int
	filter table.Equal
	shown  []string // attributes of the answer's items; nil for all
}

func (a api) page(ctx context.Context, in reading) (p page, err error) {
	if p.schema, err = a.Store.Schema(ctx, in.TableName); err != nil {
		return p, err
	}
	if p.filter, err = in.equal("FilterExpression", in.FilterExpression); err != nil {
		return p, err
	}
	if p.shown, err = in.projection(in.ProjectionExpression); err != nil {
		return p, err
	}
	if len(in.ExclusiveStartKey) > 0 {
		key, err := in.ExclusiveStartKey.key(p.schema)
		if err != nil {
			return p, err
		}
		p.after = &key
	}
	if in.Limit != nil {
		if p.limit = *in.Limit; p.limit < 1 {
			return p, validation("Limit must be 1 or more")
		}
	}
	return p, nil
}

func (a api) query(ctx context.Context, in query) (any, error) {
	p, err := a.page(ctx, in.reading)
	if err != nil {
		return nil, err
	}
	condition, err := in.equal("KeyConditionExpression", in.KeyConditionExpression)
	if err != nil {
		return nil, err
	}
	hash, ok := condition[p.schema.Hash].(string)
	if !ok || len(condition) != 1 {
		return nil, validation("KeyConditionExpression must be `" + p.schema.Hash + " = :value`, with a text, here")
	}
	if p.after != nil && p.after.Hash != hash {
		return nil, validation("The provided starting key is outside query boundaries")
	}
	found, err := a.Store.Query(ctx, in.TableName, table.Query{
		Hash: hash, After: p.after, Limit: p.limit, Filter: p.filter, Descending: in.ScanIndexForward != nil && !*in.ScanIndexForward,
	})
	return p.answer(found), err
}

func (a api) scan(ctx context.Context, in scan) (any, error) {
	p, err := a.page(ctx, in.reading)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Scan(ctx, in.TableName, table.Scan{After: p.after, Limit: p.limit, Filter: p.filter})
	return p.answer(found), err
}

func (p page) answer(found table.Page) any {
	items := make([]any, len(found.Items))
	for i, item := range found.Items {
		items[i] = table.Attributes(p.project(item))
	}
	body := map[string]any{"Items": items, "Count": len(items)}
	if found.Next != nil {
		body["LastEvaluatedKey"] = table.Attributes(p.schema.KeyItem(*found.Next))
	}
	return body
}

func (p page) project(item table.Item) table.Item {
	if p.shown == nil {
		return item
	}
	part := table.Item{}
	for _, name := range p.shown {
		if value, ok := item[name]; ok {
			part[name] = value
		}
	}
	return part
}
