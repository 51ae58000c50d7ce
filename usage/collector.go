package usage

import "github.com/prometheus/client_golang/prometheus"

// Collector shows this node's decisions to Prometheus.
type Collector struct{ Service *Service }

var (
	decisions = prometheus.NewDesc("guestright_decisions_total", "Decisions about calls, by outcome.", []string{"outcome"}, nil)
	live      = prometheus.NewDesc("guestright_usage_series", "Combinations of grant, operation and so on that are counted in memory.", nil, nil)
	failures  = prometheus.NewDesc("guestright_usage_flush_failures_total", "Attempts to write counts that failed; the counts stay in memory.", nil, nil)
	written   = prometheus.NewDesc("guestright_usage_written_timestamp_seconds", "When counts were last written.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{decisions, live, failures, written} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c Collector) Collect(ch chan<- prometheus.Metric) {
	for o, n := range c.Service.Recorder.Totals() {
		ch <- prometheus.MustNewConstMetric(decisions, prometheus.CounterValue, float64(n), Outcome(o).String())
	}
	ch <- prometheus.MustNewConstMetric(live, prometheus.GaugeValue, float64(c.Service.Recorder.Live()))
	ch <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(c.Service.failed.Load()))
	ch <- prometheus.MustNewConstMetric(written, prometheus.GaugeValue, float64(c.Service.written.Load())/1e6)
}
