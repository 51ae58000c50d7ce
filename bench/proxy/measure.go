package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// sample is one round of one target under one load.
type sample struct {
	rate, p50, p99   float64 // per second; milliseconds
	cpu, allocations float64 // seconds per 1,000 requests; per request
	foreign          float64 // processors that programs of others used meanwhile
	failed           int
}

// load is how wrk asks. Every target gets the same requests.
type load struct {
	name                          string
	threads, connections, seconds int
	request                       request
	script                        string // wrk script with further requests, "" for the one
}

// request is what every target is asked for.
type request struct {
	path    string
	headers []string
}

// run runs wrk once.
func (l load) run(t *target) (sample, error) {
	args := []string{"-t" + strconv.Itoa(l.threads), "-c" + strconv.Itoa(l.connections), "-d" + strconv.Itoa(l.seconds) + "s", "--latency"}
	if l.script != "" {
		args = append(args, "-s", l.script)
	}
	for _, h := range l.request.headers {
		args = append(args, "-H", h)
	}
	cmd := exec.Command("wrk", append(args, "http://"+t.listen+l.request.path)...)
	objects, used, before := t.mallocs(), t.cpu(), busyNow()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return sample{}, fmt.Errorf("wrk against %s: %w: %s", t.name, err, out)
	}
	after := busyNow()
	used, objects = t.cpu()-used, t.mallocs()-objects
	s := sample{rate: find(out, `Requests/sec:\s+([\d.]+)`), p50: latency(out, "50"), p99: latency(out, "99"), foreign: after.foreign(before, cmd.ProcessState)}
	count := find(out, `(\d+) requests in`)
	s.failed = int(find(out, `Non-2xx or 3xx responses: (\d+)`))
	if count > 0 {
		s.cpu = used / count * 1000
		s.allocations = objects / count
	}
	return s, nil
}

// busy is processor time so far, in seconds: of the machine, and of ourselves
// with the servers under test.
type busy struct {
	at        time.Time
	all, ours float64
}

func busyNow() busy {
	b := busy{at: time.Now(), ours: treeCPU(os.Getpid())}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return b
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // cpu, idle, iowait, guests
			continue
		}
		if n, err := strconv.ParseFloat(f, 64); err == nil {
			b.all += n / 100
		}
	}
	return b
}

// foreign is how many processors others used since before, while wrk ran. The
// kernel counts time for nobody's account, too (interrupts), so a little is
// always left.
func (b busy) foreign(before busy, wrk *os.ProcessState) float64 {
	spent := b.at.Sub(before.at).Seconds()
	if spent <= 0 || wrk == nil {
		return 0
	}
	own := b.ours - before.ours + wrk.UserTime().Seconds() + wrk.SystemTime().Seconds()
	return max(0, (b.all-before.all-own)/spent)
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
