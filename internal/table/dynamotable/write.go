package dynamotable

import (
	"context"
	"time"

	"bluerose/event"
	"bluerose/internal/table"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const batchItems = 25 // of one BatchWriteItem, as DynamoDB takes

// Put stores items.
func (s *Store) Put(ctx context.Context, name string, items ...table.Item) error {
	schema, err := s.Schema(ctx, name)
	if err != nil {
		return err
	}
	keys, requests := make([]table.Key, len(items)), make([]types.WriteRequest, len(items))
	for i, item := range items {
		if keys[i], _, err = schema.Encode(item); err != nil {
			return err
		}
		requests[i].PutRequest = &types.PutRequest{Item: toAttributes(item)}
	}
	if err := table.Distinct(keys); err != nil {
		return err
	}
	if len(items) == 1 {
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: requests[0].PutRequest.Item})
		return s.wrote(name, err)
	}
	return s.write(ctx, name, requests)
}

// Delete removes items.
func (s *Store) Delete(ctx context.Context, name string, keys ...table.Key) error {
	schema, err := s.Schema(ctx, name)
	if err != nil {
		return err
	}
	seen := make(map[table.Key]struct{}, len(keys))
	var requests []types.WriteRequest
	for _, key := range keys {
		if err := schema.CheckKey(key); err != nil {
			return err
		}
		if _, twice := seen[key]; twice { // which DynamoDB refuses
			continue
		}
		seen[key] = struct{}{}
		requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: toAttributes(schema.KeyItem(key))}})
	}
	return s.write(ctx, name, requests)
}

// write sends requests in batches. What DynamoDB leaves over goes into the next one, after a growing wait.
func (s *Store) write(ctx context.Context, name string, requests []types.WriteRequest) error {
	for attempt := 0; len(requests) > 0; {
		batch := requests[:min(batchItems, len(requests))]
		out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: batch}})
		if err != nil {
			return s.wrote(name, err)
		}
		left := out.UnprocessedItems[name]
		requests = append(left, requests[len(batch):]...)
		if len(left) == 0 {
			attempt = 0
			continue
		}
		if attempt++; attempt >= s.cfg.Attempts {
			return event.Errorf(event.Throttled, "DynamoDB takes no more items now; try again in a moment")
		}
		if err := s.pause(ctx, attempt); err != nil {
			return s.wrote(name, err)
		}
	}
	return nil
}

func (s *Store) pause(ctx context.Context, attempt int) error {
	wait, err := s.backoff.BackoffDelay(attempt, nil)
	if err != nil {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PutIf stores an item on a condition.
func (s *Store) PutIf(ctx context.Context, name string, item table.Item, now table.Equal) error {
	schema, err := s.Schema(ctx, name)
	if err != nil {
		return err
	}
	condition, err := newExpression(now)
	if err != nil {
		return err
	}
	if _, _, err := schema.Encode(item); err != nil {
		return err
	}
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &name, Item: toAttributes(item), ConditionExpression: condition.text,
		ExpressionAttributeNames: condition.names, ExpressionAttributeValues: condition.values,
	})
	return s.wrote(name, err)
}
