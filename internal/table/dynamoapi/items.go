package dynamoapi

import (
	"context"
	"encoding/json"
	"fmt"

	"bluerose/internal/table"
)

const maxBatch = 25 // requests of one BatchWriteItem, as in DynamoDB

// attributes is an item, or the key of one, in DynamoDB's JSON.
type attributes map[string]json.RawMessage

func (typed attributes) item() (table.Item, error) { return table.FromAttributes(typed) }

// key gives the key that is all there is.
func (typed attributes) key(schema table.Schema) (table.Key, error) {
	item, err := typed.item()
	if err != nil {
		return table.Key{}, err
	}
	key, err := schema.Key(item)
	if err == nil && len(item) != len(schema.KeyItem(key)) {
		err = validation("The provided key element does not match the schema")
	}
	return key, err
}

// expressions are the parameters that expressions refer to.
type expressions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues attributes
}

type putItem struct {
	TableName           string
	Item                attributes
	ConditionExpression string
	expressions
	unanswered
}

// unanswered are parameters that ask for more in the answer than there is. Their value NONE, which clients send, is no wish.
type unanswered struct{ ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValues string }

type getItem struct {
	TableName      string
	Key            attributes
	ConsistentRead bool // it is always so
	unanswered
}

type deleteItem struct {
	TableName string
	Key       attributes
	unanswered
}

type batchWriteItem struct {
	RequestItems map[string][]struct {
		PutRequest    *struct{ Item attributes }
		DeleteRequest *struct{ Key attributes }
	}
	unanswered
}

func (u unanswered) check() error {
	if v := u.ReturnValues; v != "" && v != "NONE" {
		return validation("ReturnValues is not available here")
	}
	return nil
}

func (a api) putItem(ctx context.Context, in putItem) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	item, err := in.Item.item()
	if err != nil {
		return nil, err
	}
	now, err := in.equal("ConditionExpression", in.ConditionExpression)
	if err != nil {
		return nil, err
	}
	return struct{}{}, a.Store.PutIf(ctx, in.TableName, item, now)
}

func (a api) getItem(ctx context.Context, in getItem) (any, error) {
	key, err := a.key(ctx, in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	item, err := a.Store.Get(ctx, in.TableName, key)
	if err != nil || item == nil {
		return struct{}{}, err
	}
	return map[string]any{"Item": table.Attributes(item)}, nil
}

func (a api) deleteItem(ctx context.Context, in deleteItem) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	key, err := a.key(ctx, in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	return struct{}{}, a.Store.Delete(ctx, in.TableName, key)
}

func (a api) key(ctx context.Context, name string, typed attributes) (table.Key, error) {
	schema, err := a.Store.Schema(ctx, name)
	if err != nil {
		return table.Key{}, err
	}
	return typed.key(schema)
}

// writes is what a batch does to one table.
type writes struct {
	items []table.Item
	keys  []table.Key
}

func (a api) batchWriteItem(ctx context.Context, in batchWriteItem) (any, error) {
	all, n := map[string]writes{}, 0
	for name, requests := range in.RequestItems {
		schema, err := a.Store.Schema(ctx, name)
		if err != nil {
			return nil, err
		}
		var w writes
		var touched []table.Key
		for _, r := range requests {
			var key table.Key
			switch {
			case r.PutRequest != nil && r.DeleteRequest == nil:
				item, err := r.PutRequest.Item.item()
				if err != nil {
					return nil, err
				}
				if key, _, err = schema.Encode(item); err != nil {
					return nil, err
				}
				w.items = append(w.items, item)
			case r.DeleteRequest != nil && r.PutRequest == nil:
				if key, err = r.DeleteRequest.Key.key(schema); err != nil {
					return nil, err
				}
				w.keys = append(w.keys, key)
			default:
				return nil, validation("Each request of a batch is one PutRequest or one DeleteRequest")
			}
			touched = append(touched, key)
		}
		if err := table.Distinct(touched); err != nil {
			return nil, err
		}
		all[name], n = w, n+len(requests)
	}
	if n < 1 || n > maxBatch {
		return nil, validation(fmt.Sprintf("A batch has 1 to %d requests", maxBatch))
	}
	for name, w := range all {
		if err := a.Store.Put(ctx, name, w.items...); err != nil {
			return nil, err
		}
		if err := a.Store.Delete(ctx, name, w.keys...); err != nil {
			return nil, err
		}
	}
	return map[string]any{"UnprocessedItems": struct{}{}}, nil
}
