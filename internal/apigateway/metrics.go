package apigateway

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// FunctionStats is the state of one function's instances at one moment.
type FunctionStats struct {
	Function  string
	Instances int   // processes that run
	Busy      int   // of them, those with a request
	Queued    int   // requests that wait for an instance
	Cost      int64 // estimated work of the requests that wait or run, in milliseconds of one core, about
	Events    int   // asynchronous events that are accepted and not done

	// Since the start:
	Invocations int64 // requests that were answered, failures included
	Errors      int64 // of them, failures
	Timeouts    int64 // of those, requests that took too long
	Crashes     int64 // instances that ended with a request
	Throttles   int64 // requests that were refused because too many waited
	Sheds       int64 // of them, those whose answer would have come after its deadline
	Cancelled   int64 // requests whose caller hung up
	ColdStarts  int64 // requests that were the first of their instance

	Engine string // the engine that the function runs; empty for none
}

type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	throttled *prometheus.CounterVec
}

func newMetrics(stats func() []FunctionStats) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bluerose_http_requests_total",
			Help: "Requests answered; status 499 is a client that hung up.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "bluerose_http_request_duration_seconds",
			Help:    "Time from a request's header to its answer's end.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bluerose_http_requests_in_flight",
			Help: "Requests being answered.",
		}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bluerose_throttled_requests_total",
			Help: "Requests answered 429, by the bound that they ran into.",
		}, []string{"reason"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, m.throttled, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if stats != nil {
		m.registry.MustRegister(functionCollector{stats})
	}
	return m
}

// Measure adds figures of others, such as decorators, to /metrics. It panics when they are there already.
func (g *Gateway) Measure(others ...prometheus.Collector) { g.metrics.registry.MustRegister(others...) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) observe(route, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other" // callers may make up methods: labels must stay few
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// functionCollector asks for the functions' state whenever the metrics are read.
type functionCollector struct{ stats func() []FunctionStats }

// functionMetrics is one row for each number of FunctionStats.
var functionMetrics = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(FunctionStats) float64
}{
	{functionDesc("instances", "Instances (processes) of the function."), prometheus.GaugeValue,
		func(s FunctionStats) float64 { return float64(s.Instances) }},
	{functionDesc("instances_busy", "Instances that are working on a request."), prometheus.GaugeValue,
		func(s FunctionStats) float64 { return float64(s.Busy) }},
	{functionDesc("queue_length", "Requests that wait for an instance."), prometheus.GaugeValue,
		func(s FunctionStats) float64 { return float64(s.Queued) }},
	{functionDesc("cost", "Estimated work of the requests that wait or run, about milliseconds of one core."), prometheus.GaugeValue,
		func(s FunctionStats) float64 { return float64(s.Cost) }},
	{functionDesc("events_waiting", "Asynchronous events that are accepted and not done."), prometheus.GaugeValue,
		func(s FunctionStats) float64 { return float64(s.Events) }},
	{functionDesc("invocations_total", "Requests that the function answered, failures included."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Invocations) }},
	{functionDesc("errors_total", "Requests that the function failed."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Errors) }},
	{functionDesc("timeouts_total", "Requests that took too long."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Timeouts) }},
	{functionDesc("crashes_total", "Instances that ended in the middle of a request."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Crashes) }},
	{functionDesc("throttles_total", "Requests that were refused because too many waited."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Throttles) }},
	{functionDesc("sheds_total", "Of them, requests whose answer would have come after its deadline."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Sheds) }},
	{functionDesc("cancelled_total", "Requests whose caller hung up."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.Cancelled) }},
	{functionDesc("cold_starts_total", "Requests that were the first of their instance."), prometheus.CounterValue,
		func(s FunctionStats) float64 { return float64(s.ColdStarts) }},
}

var engineDesc = prometheus.NewDesc("bluerose_engine_total", "Requests that the engine answered, failures included.", []string{"engine"}, nil)

func functionDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("bluerose_function_"+name, help, []string{"function"}, nil)
}

func (c functionCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, m := range functionMetrics {
		descs <- m.desc
	}
	descs <- engineDesc
}

func (c functionCollector) Collect(values chan<- prometheus.Metric) {
	for _, s := range c.stats() {
		if s.Engine != "" {
			values <- prometheus.MustNewConstMetric(engineDesc, prometheus.CounterValue, float64(s.Invocations), s.Engine)
		}
		for _, m := range functionMetrics {
			values <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s), s.Function)
		}
	}
}
