package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sample is one round of one target.
type sample struct {
	rate, p50, p99   float64 // per second; milliseconds
	cpu, allocations float64 // seconds per 1,000 requests; per request
	failed           int
}

// load runs wrk once.
func load(t *target, threads, connections, seconds int) (sample, error) {
	args := []string{"-t" + strconv.Itoa(threads), "-c" + strconv.Itoa(connections), "-d" + strconv.Itoa(seconds) + "s", "--latency"}
	for _, h := range t.headers {
		args = append(args, "-H", h)
	}
	objects, used := t.mallocs(), t.cpu()
	out, err := exec.Command("wrk", append(args, t.url())...).CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("wrk against %s: %w: %s", t.name, err, out)
	}
	used, objects = t.cpu()-used, t.mallocs()-objects
	s := sample{rate: find(out, `Requests/sec:\s+([\d.]+)`), p50: latency(out, "50"), p99: latency(out, "99")}
	count := find(out, `(\d+) requests in`)
	s.failed = int(find(out, `Non-2xx or 3xx responses: (\d+)`))
	if count > 0 {
		s.cpu = used / count * 1000
		s.allocations = objects / count
	}
	return s, nil
}

func find(out []byte, pattern string) float64 {
	m := regexp.MustCompile(pattern).FindSubmatch(out)
	if m == nil {
		return 0
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		return 0
	}
	return v
}

// latency reads one line of wrk's distribution, in milliseconds.
func latency(out []byte, percent string) float64 {
	m := regexp.MustCompile(`\s` + percent + `%\s+([\d.]+[mu]?s)`).FindSubmatch(out)
	if m == nil {
		return 0
	}
	d, err := time.ParseDuration(string(m[1]))
	if err != nil {
		return 0
	}
	return float64(d) / float64(time.Millisecond)
}

// measure runs the rounds and words the report.
func (p *plan) measure(targets []*target) (string, error) {
	busy := map[*target][]sample{}
	alone := map[*target][]sample{}
	for round := range p.rounds + 1 {
		for i := range targets {
			t := targets[(i+round)%len(targets)]
			if t.name == "authorizer" {
				continue
			}
			seconds := p.seconds
			if round == 0 {
				seconds = 2 // warms up and is not counted
			}
			s, err := load(t, 2, p.connections, seconds)
			if err != nil {
				return "", err
			}
			one, err := load(t, 1, 1, min(seconds, 3))
			if err != nil {
				return "", err
			}
			if round > 0 {
				busy[t] = append(busy[t], s)
				alone[t] = append(alone[t], one)
			}
		}
	}
	return p.table(targets, busy, alone), nil
}

func median(samples []sample, of func(sample) float64) float64 {
	var v []float64
	for _, s := range samples {
		v = append(v, of(s))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func (p *plan) table(targets []*target, busy, alone map[*target][]sample) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Gateway path\n\n%s, %s, %d processors. `wrk -t2 -c%d -d%ds`, GET, 997 bytes of JSON, %d interleaved rounds, medians.\n",
		time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.NumCPU(), p.connections, p.seconds, p.rounds)
	fmt.Fprintf(&b, "GOGC %s for every Go server. ", cmp.Or(os.Getenv("GOGC"), "100"))
	b.WriteString("Load generator, proxy and upstream share the machine: the ratios count, the absolute numbers do not.\n\n")
	b.WriteString("| path | requests/s (min–max) | rate to bare | p50 ms | p99 ms | CPU s per 1,000 | CPU to bare | allocations | one connection p50 µs |\n|---|---|---|---|---|---|---|---|---|\n")
	var base *target
	for _, t := range targets {
		if t.name == "ReverseProxy bare" {
			base = t
		}
	}
	rate := func(s sample) float64 { return s.rate }
	cpu := func(s sample) float64 { return s.cpu }
	var notes strings.Builder
	for _, t := range targets {
		s := busy[t]
		if len(s) == 0 {
			continue
		}
		least := slices.MinFunc(s, func(a, b sample) int { return int(a.rate - b.rate) }).rate
		most := slices.MaxFunc(s, func(a, b sample) int { return int(a.rate - b.rate) }).rate
		fmt.Fprintf(&b, "| %s | %.0f (%.0f–%.0f) | %.2f | %.2f | %.1f | ", t.name, median(s, rate), least, most,
			median(s, rate)/median(busy[base], rate), median(s, func(s sample) float64 { return s.p50 }), median(s, func(s sample) float64 { return s.p99 }))
		if t.proxy {
			fmt.Fprintf(&b, "%.4f | %.2f | ", median(s, cpu), median(s, cpu)/median(busy[base], cpu))
		} else {
			b.WriteString("– | – | ")
		}
		if n := median(s, func(s sample) float64 { return s.allocations }); n > 0 && t.proxy {
			fmt.Fprintf(&b, "%.1f | ", n)
		} else {
			b.WriteString("– | ")
		}
		fmt.Fprintf(&b, "%.0f |\n", 1000*median(alone[t], func(s sample) float64 { return s.p50 }))
		for _, one := range s {
			if one.failed > 0 {
				fmt.Fprintf(&notes, "\n%s: %d answers were not 2xx.\n", t.name, one.failed)
			}
		}
	}
	return b.String() + notes.String()
}
