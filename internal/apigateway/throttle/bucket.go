package throttle

import (
	"sync"
	"time"

	"bluerose/internal/apigateway/definition"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// bucket is a token bucket. A nil one is never empty.
type bucket struct{ limiter *rate.Limiter }

func newBucket(t definition.Throttle) *bucket {
	return &bucket{rate.NewLimiter(rate.Limit(t.Rate), t.Burst)}
}

// take takes a token, or says how long it is until there is one again; 0 for a token. Requests that are refused take nothing, so
// that the rate holds however many come.
func (b *bucket) take(now time.Time) (wait time.Duration) {
	if b == nil || b.limiter.AllowN(now, 1) {
		return 0
	}
	missing := 1 - b.limiter.TokensAt(now)
	return max(time.Duration(missing/float64(b.limiter.Limit())*float64(time.Second)), 1)
}

// table is a bounded number of buckets, which forgets the one that was used least lately.
type table[K comparable] struct {
	mu      sync.Mutex
	buckets *simplelru.LRU[K, *bucket]
}

// newTable gives a table for size buckets, at least 1.
func newTable[K comparable](size int) *table[K] {
	buckets, err := simplelru.NewLRU[K, *bucket](size, nil)
	if err != nil {
		panic(err) // it refuses a size below 1, and nothing else
	}
	return &table[K]{buckets: buckets}
}

// bucket gives the bucket of k, a full one when there is none yet.
func (t *table[K]) bucket(k K, limit definition.Throttle) *bucket {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.buckets.Get(k)
	if !ok {
		b = newBucket(limit)
		t.buckets.Add(k, b)
	}
	return b
}
