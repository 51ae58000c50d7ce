// Package load asks servers under test with wrk and reads what that cost them,
// for the programs of bench/.
package load

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// Wrk is one run of the load generator.
type Wrk struct {
	Threads, Connections, Seconds int
	Headers                       []string
	Script                        string // of wrk, "" for one GET
	URL                           string
}

// Sample is what one run measured.
type Sample struct {
	Rate     float64 // answers per second
	P50, P99 float64 // milliseconds
	Count    float64 // answers
	Failed   int     // answers that were neither 2xx nor 3xx
	Foreign  float64 // processors that programs of others used meanwhile
}

// Run runs wrk once.
func (w Wrk) Run() (Sample, error) {
	args := []string{"-t" + strconv.Itoa(w.Threads), "-c" + strconv.Itoa(w.Connections), "-d" + strconv.Itoa(w.Seconds) + "s", "--latency"}
	if w.Script != "" {
		args = append(args, "-s", w.Script)
	}
	for _, h := range w.Headers {
		args = append(args, "-H", h)
	}
	cmd := exec.Command("wrk", append(args, w.URL)...)
	before := Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Sample{}, fmt.Errorf("wrk against %s: %w: %s", w.URL, err, out)
	}
	after := Now()
	return Sample{Rate: find(out, `Requests/sec:\s+([\d.]+)`), P50: latency(out, "50"), P99: latency(out, "99"), Count: find(out, `(\d+) requests in`),
		Failed: int(find(out, `Non-2xx or 3xx responses: (\d+)`)), Foreign: after.foreign(before, cmd.ProcessState)}, nil
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
