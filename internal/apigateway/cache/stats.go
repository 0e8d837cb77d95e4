package cache

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// counters count since the start.
type counters struct {
	hitsInMemory, hitsOnDisk       atomic.Int64
	misses, shared                 atomic.Int64
	evictedInMemory, evictedOnDisk atomic.Int64
	errors                         atomic.Int64
}

// Tier is the state of one place where answers are.
type Tier struct {
	Entries   int   `json:"entries"`
	Bytes     int64 `json:"bytes"`
	MaxBytes  int64 `json:"maxBytes"`
	Hits      int64 `json:"hits"`      // since the start
	Evictions int64 `json:"evictions"` // answers that made room, since the start
}

// Stats is the state of a cache at one moment.
type Stats struct {
	Memory Tier `json:"memory"`
	Disk   Tier `json:"disk"`

	// Since the start:
	Misses int64 `json:"misses"` // requests that went to the function
	Shared int64 `json:"shared"` // requests that got the answer of one that ran already
	Errors int64 `json:"errors"` // failures of the disk; each was a miss, or an answer that was not kept
}

// Stats gives the cache's figures. It is cheap.
func (c *Cache) Stats() Stats {
	s := Stats{
		Memory: Tier{MaxBytes: c.cfg.Memory, Hits: c.hitsInMemory.Load(), Evictions: c.evictedInMemory.Load()},
		Disk:   Tier{MaxBytes: c.cfg.Disk, Hits: c.hitsOnDisk.Load(), Evictions: c.evictedOnDisk.Load()},
		Misses: c.misses.Load(), Shared: c.shared.Load(), Errors: c.errors.Load(),
	}
	s.Memory.Entries, s.Memory.Bytes = c.memory.stats()
	s.Disk.Entries, s.Disk.Bytes = c.disk.stats()
	return s
}

// tierMetrics is one row for each number of a Tier.
var tierMetrics = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(Tier) float64
}{
	{tierDesc("hits_total", "Requests that were answered from the cache."), prometheus.CounterValue, func(t Tier) float64 { return float64(t.Hits) }},
	{tierDesc("entries", "Answers that are kept."), prometheus.GaugeValue, func(t Tier) float64 { return float64(t.Entries) }},
	{tierDesc("bytes", "Bytes of the answers that are kept."), prometheus.GaugeValue, func(t Tier) float64 { return float64(t.Bytes) }},
	{tierDesc("evictions_total", "Answers that made room for others."), prometheus.CounterValue, func(t Tier) float64 { return float64(t.Evictions) }},
}

// cacheMetrics is one row for each other number of Stats.
var cacheMetrics = []struct {
	desc  *prometheus.Desc
	value func(Stats) float64
}{
	{cacheDesc("misses_total", "Requests of cached routes that went to the function."), func(s Stats) float64 { return float64(s.Misses) }},
	{cacheDesc("shared_total", "Requests that got the answer of one that ran already."), func(s Stats) float64 { return float64(s.Shared) }},
	{cacheDesc("errors_total", "Failures of the cache's disk."), func(s Stats) float64 { return float64(s.Errors) }},
}

func tierDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("bluerose_cache_"+name, help, []string{"tier"}, nil)
}

func cacheDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("bluerose_cache_"+name, help, nil, nil)
}

// Describe and Collect make a cache a prometheus.Collector.
func (c *Cache) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range tierMetrics {
		descs <- m.desc
	}
	for _, m := range cacheMetrics {
		descs <- m.desc
	}
}

// Collect gives the figures of Stats.
func (c *Cache) Collect(values chan<- prometheus.Metric) {
	s := c.Stats()
	for _, m := range tierMetrics {
		values <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s.Memory), "memory")
		values <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s.Disk), "disk")
	}
	for _, m := range cacheMetrics {
		values <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, m.value(s))
	}
}
