package main

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/bench/load"
)

// plan is what the command line asks for.
type plan struct {
	rounds, seconds, connections int
	out                          string
}

func run(args []string) error {
	var p plan
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.IntVar(&p.rounds, "rounds", 3, "interleaved rounds; the median counts")
	flags.IntVar(&p.seconds, "seconds", 5, "length of a round")
	flags.IntVar(&p.connections, "connections", 64, "clients")
	flags.StringVar(&p.out, "out", "", "markdown file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		fmt.Println("skipped: wrk is not installed (Debian package wrk); nothing was measured")
		return nil
	}
	houses := []*target{{name: bareName, bare: true}, {name: "SQLite, synchronous=FULL"}}
	if pg := os.Getenv("GUESTRIGHT_TEST_POSTGRES"); pg != "" {
		houses = append(houses, &target{name: "PostgreSQL, synchronous_commit=on", database: pg})
	}
	var rows []*row
	for _, t := range houses {
		if err := t.start(); err != nil {
			return err
		}
		defer t.end()
		for _, what := range []string{credentials, introspection} {
			rows = append(rows, &row{target: t, what: what})
		}
	}
	for n := range p.rounds + 1 { // the first warms up
		for _, r := range rows {
			s, err := p.measure(r)
			if err != nil {
				return err
			}
			if n > 0 {
				r.samples = append(r.samples, s)
			}
		}
	}
	text := p.table(rows)
	fmt.Print(text)
	if p.out == "" {
		return nil
	}
	return os.WriteFile(p.out, []byte(text), 0o644)
}

// What is measured, and beside what.
const (
	credentials   = "client credentials"
	introspection = "introspection"
	bareName      = "bare net/http: reads the form, gives the same answer each time"
)

// row is one operation of one house.
type row struct {
	target  *target
	what    string
	samples []sample
}

// floor is the least that is acceptable, per second on two processors.
func (r *row) floor() string {
	switch {
	case r.target.bare:
		return ""
	case r.what == introspection:
		return "23000"
	case r.target.database == "":
		return "7000"
	default:
		return "3500"
	}
}

type sample struct {
	load.Sample
	cpu, database float64 // seconds per 1,000
}

func (p plan) measure(r *row) (sample, error) {
	script, err := r.target.script(r.what)
	if err != nil {
		return sample{}, err
	}
	defer os.Remove(script)
	used, database := load.Tree(r.target.process.Process.Pid), load.Named("postgres")
	s, err := load.Wrk{Threads: 2, Connections: p.connections, Seconds: p.seconds, Script: script, URL: "http://" + r.target.listen + "/"}.Run()
	if err != nil {
		return sample{}, err
	}
	used, database = load.Tree(r.target.process.Process.Pid)-used, load.Named("postgres")-database
	if s.Count == 0 || s.Failed > 0 {
		return sample{}, fmt.Errorf("%s, %s: %d of %.0f answers were no success", r.target.name, r.what, s.Failed, s.Count)
	}
	out := sample{Sample: s, cpu: used / s.Count * 1000}
	if r.target.database != "" {
		out.database = database / s.Count * 1000
	}
	return out, nil
}

func (p plan) table(rows []*row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Tokens and introspection\n\n`make bench` measures the whole house over HTTP with `wrk -t2 -c%d -d%ds`. Client-credentials tokens with HTTP Basic, each on disk before its answer;\n"+
		"introspection of a live token by its own client. Load generator, house and database share the machine.\n\n%s, %s, %d processors, %d interleaved rounds, medians.\n\n",
		p.connections, p.seconds, time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.NumCPU(), p.rounds)
	b.WriteString("| house | operation | per second (min–max) | of bare | floor | p50 ms | p99 ms | CPU s per 1,000 | database CPU s per 1,000 | others' processors |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		by := func(of func(sample) float64) []float64 {
			var v []float64
			for _, s := range r.samples {
				v = append(v, of(s))
			}
			slices.SortFunc(v, cmp.Compare)
			return v
		}
		mid := func(of func(sample) float64) float64 { return by(of)[len(r.samples)/2] }
		rates := by(func(s sample) float64 { return s.Rate })
		fmt.Fprintf(&b, "| %s | %s | %.0f (%.0f–%.0f) | %.2f | %s | %.1f | %.1f | %.3f | %.3f | %.2f |\n", r.target.name, r.what, rates[len(rates)/2], rates[0], rates[len(rates)-1], r.ratio(rows), r.floor(),
			mid(func(s sample) float64 { return s.P50 }), mid(func(s sample) float64 { return s.P99 }), mid(func(s sample) float64 { return s.cpu }),
			mid(func(s sample) float64 { return s.database }), mid(func(s sample) float64 { return s.Foreign }))
	}
	return b.String()
}

// ratio is the median of what the row reached in each round of the bare server's
// rate in the same round.
func (r *row) ratio(rows []*row) float64 {
	var all []float64
	for _, bare := range rows {
		if !bare.target.bare || bare.what != r.what {
			continue
		}
		for i := range r.samples {
			all = append(all, r.samples[i].Rate/bare.samples[i].Rate)
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// target is a house in a process of its own, or the bare server.
type target struct {
	name, database, listen string
	bare                   bool
	process                *exec.Cmd
	basic                  string
	accounts               []string
}

func (t *target) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	t.listen = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	t.process = exec.Command(self, "serve", "-listen", t.listen, "-database", t.database, "-bare="+strconv.FormatBool(t.bare))
	t.process.Stderr = os.Stderr
	out, err := t.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := t.process.Start(); err != nil {
		return err
	}
	for in := bufio.NewScanner(out); in.Scan(); {
		line := in.Text()
		if v, ok := strings.CutPrefix(line, "client: "); ok {
			t.basic = base64.StdEncoding.EncodeToString([]byte(strings.Replace(v, " ", ":", 1)))
		}
		if v, ok := strings.CutPrefix(line, "accounts: "); ok {
			t.accounts = strings.Fields(v)
		}
		if line == "ready" {
			return nil
		}
	}
	return errors.New(t.name + " did not start")
}

func (t *target) end() {
	if err := t.process.Process.Signal(os.Interrupt); err == nil {
		_ = t.process.Wait() // it was told to stop
	}
}

// script writes what wrk sends; the accounts take turns.
func (t *target) script(what string) (string, error) {
	var bodies []string
	path := "/oauth/token"
	for _, a := range t.accounts {
		bodies = append(bodies, "grant_type=client_credentials&account_id="+url.QueryEscape(a))
	}
	if what == introspection {
		path = "/oauth/introspect"
		tokens, err := t.tokens(bodies)
		if err != nil {
			return "", err
		}
		bodies = bodies[:0]
		for _, token := range tokens {
			bodies = append(bodies, "token="+token)
		}
	}
	var b strings.Builder
	b.WriteString("local requests = {}\nlocal at = 0\nfunction init(args)\n")
	fmt.Fprintf(&b, "  local h = {[\"Host\"] = %q, [\"Authorization\"] = \"Basic %s\", [\"Content-Type\"] = \"application/x-www-form-urlencoded\"}\n", t.listen, t.basic)
	for i, body := range bodies {
		fmt.Fprintf(&b, "  requests[%d] = wrk.format(\"POST\", %q, h, %q)\n", i+1, path, body)
	}
	fmt.Fprintf(&b, "end\nfunction request()\n  at = at %% %d + 1\n  return requests[at]\nend\n", len(bodies))
	f, err := os.CreateTemp("", "tokens-*.lua")
	if err != nil {
		return "", err
	}
	defer f.Close()
	_, err = f.WriteString(b.String())
	return filepath.Clean(f.Name()), err
}

func (t *target) tokens(bodies []string) ([]string, error) {
	var out []string
	for _, body := range bodies {
		req, err := http.NewRequest(http.MethodPost, "http://"+t.listen+"/oauth/token", strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Basic "+t.basic)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		var got struct {
			Token string `json:"access_token"`
		}
		err = json.NewDecoder(res.Body).Decode(&got)
		res.Body.Close()
		if err != nil || got.Token == "" {
			return nil, fmt.Errorf("no token: %s %w", res.Status, err)
		}
		out = append(out, got.Token)
	}
	return out, nil
}
