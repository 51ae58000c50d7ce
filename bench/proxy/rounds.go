package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/guestright/guestright/bench/load"
)

// row is a target under one of the loads.
type row struct {
	target *target
	many   bool
}

// result is what a row measured, by round.
type result struct{ busy, alone []sample }

// again is how often a round is repeated when others used the machine.
const again = 3

// rounds measures every row in every round and starts each round elsewhere, so
// that no target always follows the same other.
func (p *plan) rounds(targets []*target, dir string) (map[row]*result, error) {
	q, many, err := asked(targets, dir)
	if err != nil {
		return nil, err
	}
	results := map[row]*result{}
	for n := range p.count + 1 {
		for i := range targets {
			t := targets[(i+n)%len(targets)]
			if t.helper {
				continue
			}
			if err := p.round(results, t, n, question{request: q, script: many}); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// round measures one target once: with one token, with many, and alone. The
// first round warms up and is not counted.
func (p *plan) round(results map[row]*result, t *target, n int, with question) error {
	hot := question{name: "one token", threads: 2, connections: p.connections, seconds: p.seconds, request: with.request}
	many := hot
	many.name, many.script = "many tokens", with.script
	alone := question{name: "one connection", threads: 1, connections: 1, seconds: min(p.seconds, 2), request: with.request}
	if n == 0 {
		hot.seconds, many.seconds, alone.seconds = 2, 2, 1
	}
	for _, l := range []question{hot, many, alone} {
		if l.name == many.name && (l.script == "" || !t.judges) {
			continue
		}
		s, err := p.quiet(l, t, n)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		r := row{t, l.name == many.name}
		if results[r] == nil {
			results[r] = &result{}
		}
		if l.name == alone.name {
			results[r].alone = append(results[r].alone, s)
		} else {
			results[r].busy = append(results[r].busy, s)
		}
	}
	return nil
}

// quiet repeats a run during which others used more than p.foreign processors,
// and keeps the quietest.
func (p *plan) quiet(l question, t *target, n int) (sample, error) {
	var best sample
	for try := range again {
		p.waitForQuiet()
		s, err := l.ask(t)
		if err != nil {
			return s, err
		}
		fmt.Fprintf(os.Stderr, "round %d  %-32s %-14s %8.0f/s  p50 %6.2f ms  p99 %6.1f ms  cpu %.4f  allocs %5.1f  foreign %.2f  load %s\n",
			n, t.name, l.name, s.rate, s.p50, s.p99, s.cpu, s.allocations, s.foreign, average())
		if try == 0 || s.foreign < best.foreign {
			best = s
		}
		if best.foreign <= p.foreign || n == 0 {
			break
		}
	}
	return best, nil
}

// waitForQuiet waits, at most p.patience, until others leave the machine alone.
func (p *plan) waitForQuiet() {
	for end := time.Now().Add(p.patience); time.Now().Before(end); {
		before := load.Now()
		time.Sleep(300 * time.Millisecond)
		if now := load.Now(); (now.All-before.All)/now.At.Sub(before.At).Seconds() <= 2*p.foreign {
			return
		}
	}
}

// average is the machine's load of the last minute.
func average() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}

// asked is what everybody is asked: what the last target that cares says.
// many is a wrk script that cycles through its further requests.
func asked(targets []*target, dir string) (request, string, error) {
	q := request{path: "/v1/items"}
	many := ""
	for _, t := range targets {
		if t.path != "" {
			q = request{path: t.path, headers: t.headers}
		}
		if t.requests != "" {
			many = t.requests
		}
	}
	if many == "" {
		return q, "", nil
	}
	script, err := cycle(many)
	if err != nil {
		return q, "", err
	}
	file := filepath.Join(dir, "many.lua")
	return q, file, os.WriteFile(file, []byte(script), 0o600)
}

// cycle writes a wrk script out of lines of path and token. Each thread begins
// somewhere else.
func cycle(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	b.WriteString("local calls = {\n")
	n := 0
	for in := bufio.NewScanner(f); in.Scan(); n++ {
		path, token, ok := strings.Cut(in.Text(), " ")
		if !ok {
			return "", fmt.Errorf("%s: %q is not a path and a token", file, in.Text())
		}
		fmt.Fprintf(&b, "{%q, %q},\n", path, token)
	}
	fmt.Fprintf(&b, `}
local threads = 0
function setup(thread)
  thread:set("at", threads * %d)
  threads = threads + 1
end
local requests = {}
function init(args)
  for i, c in ipairs(calls) do
    requests[i] = wrk.format("GET", c[1], {["Host"] = wrk.headers["Host"], ["Authorization"] = "Bearer " .. c[2]})
  end
end
function request()
  at = at %% %d + 1
  return requests[at]
end
`, n/2, n)
	return b.String(), nil
}
