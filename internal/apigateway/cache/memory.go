package cache

import (
	"math"

	"github.com/maypok86/otter/v2"
)

// largest is the part of a bound on bytes that one answer may take: a larger one would drive too many others out.
const largest = 8

// memory keeps answers in memory. A nil one keeps nothing.
type memory struct {
	most  int64
	cache *otter.Cache[key, *entry]
}

func newMemory(most int64, counters *counters) *memory {
	if most == 0 {
		return nil
	}
	return &memory{most, otter.Must(&otter.Options[key, *entry]{
		MaximumWeight: uint64(most),
		Weigher:       func(_ key, e *entry) uint32 { return uint32(min(e.size(), math.MaxUint32)) },
		Executor:      func(f func()) { f() }, // no goroutine that nobody waits for
		OnAtomicDeletion: func(d otter.DeletionEvent[key, *entry]) {
			if d.WasEvicted() {
				counters.evictedInMemory.Add(1)
			}
		},
	})}
}

func (m *memory) get(k key) *entry {
	if m == nil {
		return nil
	}
	e, _ := m.cache.GetIfPresent(k)
	return e
}

func (m *memory) set(k key, e *entry) {
	if m != nil && e.size() <= m.most/largest {
		m.cache.Set(k, e)
	}
}

// purge removes the answers that which names, and adds their keys to removed.
func (m *memory) purge(which func(about) bool, removed map[key]bool) {
	if m == nil {
		return
	}
	var quick []key
	for k, e := range m.cache.All() {
		if which(e.about) {
			quick = append(quick, k)
			removed[e.key] = true
		}
	}
	for _, k := range quick {
		m.cache.Invalidate(k)
	}
}

func (m *memory) stats() (entries int, bytes int64) {
	if m == nil {
		return 0, 0
	}
	return m.cache.EstimatedSize(), int64(m.cache.WeightedSize())
}
