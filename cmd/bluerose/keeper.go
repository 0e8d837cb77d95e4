package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"bluerose/internal/harness/results"
	"bluerose/internal/table"
)

const (
	keeperQueue = 10_000 // results that wait to be kept; when there are more, their requests' goroutines wait
	keeperBatch = 25     // results of one call, DynamoDB's most
	keeperLanes = 4      // calls at the same time
	keeperTime  = time.Minute
)

// keeper puts results into their table while a load goes on, beside it. A nil keeper keeps nothing.
type keeper struct {
	tables table.Store
	queue  chan *results.Result
	lanes  sync.WaitGroup

	mu   sync.Mutex
	lost int
	err  error // the first
}

func newKeeper(tables table.Store) *keeper {
	k := &keeper{tables: tables, queue: make(chan *results.Result, keeperQueue)}
	for range keeperLanes {
		k.lanes.Go(k.work)
	}
	return k
}

// keep hands a result over. What was cut off by the end of the load is no result.
func (k *keeper) keep(ctx context.Context, r *results.Result) {
	if k == nil || !r.Passed && ctx.Err() != nil {
		return
	}
	k.queue <- r
}

func (k *keeper) work() {
	for first := range k.queue {
		batch := []*results.Result{first}
		for len(batch) < keeperBatch {
			select {
			case next, open := <-k.queue:
				if open {
					batch = append(batch, next)
					continue
				}
			default:
			}
			break
		}
		k.put(batch)
	}
}

func (k *keeper) put(batch []*results.Result) {
	ctx, cancel := context.WithTimeout(context.Background(), keeperTime)
	defer cancel()
	items := make([]table.Item, 0, len(batch))
	var err error
	for _, r := range batch {
		var item table.Item
		if item, err = table.ItemOf(r); err != nil {
			break
		}
		items = append(items, item)
	}
	if err == nil {
		err = k.tables.Put(ctx, results.Table, items...)
	}
	if err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.lost += len(batch)
		if k.err == nil {
			k.err = err
		}
	}
}

// close waits until everything is kept, and tells what is not.
func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	close(k.queue)
	k.lanes.Wait()
	if k.err != nil {
		return fmt.Errorf("%d results are not kept: %w", k.lost, k.err)
	}
	return nil
}
