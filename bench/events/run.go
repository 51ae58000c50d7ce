package main

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/guestright/guestright/bench/load"
)

// plan is what the command line asks for.
type plan struct {
	rounds, events, seconds, history int
	out                              string
	sink, loop                       *child
	at                               string // of the sink
}

func run(args []string) error {
	p := plan{}
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.IntVar(&p.rounds, "rounds", 3, "interleaved rounds; the median counts")
	flags.IntVar(&p.events, "events", 40_000, "events of a round")
	flags.IntVar(&p.seconds, "seconds", 5, "length of a round over HTTP")
	flags.IntVar(&p.history, "history", 0, "measure beside each house one with so many deliveries there already")
	endpoints := flags.String("endpoints", "1,100,10000", "how many endpoints")
	only := flags.String("only", "", "measure houses whose name begins so: SQLite, PostgreSQL")
	flags.StringVar(&p.out, "out", "", "markdown file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		fmt.Println("skipped: wrk is not installed (Debian package wrk); nothing was measured")
		return nil
	}
	var err error
	if p.sink, p.at, err = spawn("sink"); err != nil {
		return err
	}
	defer p.sink.end()
	if p.loop, _, err = spawn("loop", "-sink", p.at); err != nil {
		return err
	}
	defer p.loop.end()
	var rows []*row
	for _, t := range []target{{name: "SQLite, synchronous=FULL", share: 0.40, rate: 6700}, {name: "PostgreSQL, synchronous_commit=on", database: os.Getenv("GUESTRIGHT_TEST_POSTGRES"), share: 0.30, rate: 5200}} {
		if t.database == "" && strings.HasPrefix(t.name, "Postgre") || !strings.HasPrefix(t.name, *only) {
			continue
		}
		of, err := p.side(t, strings.Split(*endpoints, ","))
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		rows = append(rows, of...)
	}
	text := p.table(rows)
	fmt.Print(text)
	if p.out == "" {
		return nil
	}
	if old, err := os.ReadFile(p.out); err == nil { // what somebody wrote about the table stays
		if _, notes, ok := strings.Cut(string(old), "\n## "); ok {
			text += "\n## " + notes
		}
	}
	return os.WriteFile(p.out, []byte(text), 0o644)
}

// target is a kind of house with its floors.
type target struct {
	name, database string
	share, rate    float64
}

type row struct {
	target
	endpoints int
	history   int // deliveries that are there already
	samples   []sample
	p50, p99  float64 // from accepted to delivered at half load, ms
	half      float64 // events a second meanwhile
}

// sample is one round.
type sample struct {
	bare, bareCPU                 float64 // events a second; seconds per 1,000
	enqueue, enqueueCPU, database float64
	ingest, listed                posted
}

// posts is a way to send events over HTTP.
type posts struct {
	events, connections int // of a request; of wrk
	script              string
}

// posted is what came of one: events a second until all were recorded as
// delivered, the house's processor seconds per 1,000, and others' processors.
type posted struct{ rate, cpu, foreign float64 }

const (
	batch   = 100 // events of a list
	batches = 8   // connections that send lists
)

// side measures houses of one kind side by side, round by round in turn: the
// speed of a machine may change by a third within minutes, and what is to be
// compared here is how they differ.
func (p plan) side(t target, endpoints []string) ([]*row, error) {
	var houses []*stand
	defer func() {
		for _, h := range houses {
			h.end()
		}
	}()
	var rows []*row
	for _, text := range endpoints {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		histories := []int{0}
		if p.history > 0 {
			histories = append(histories, p.history)
		}
		for _, history := range histories {
			h, err := p.open(&row{target: t, endpoints: n, history: history})
			if err != nil {
				return nil, err
			}
			houses, rows = append(houses, h), append(rows, h.row)
		}
	}
	for n := range p.rounds + 1 { // the first warms up
		for _, h := range houses {
			s, err := p.round(h)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				h.samples = append(h.samples, s)
			}
		}
	}
	for _, h := range houses {
		if err := p.latency(h); err != nil {
			return nil, err
		}
		r := h.row
		fmt.Printf("%s, %d endpoints: bare %.0f/s, enqueue to recorded %.0f/s (%.2f), HTTP to recorded %.0f/s, in lists %.0f/s\n", t.name, r.endpoints, r.mid(func(s sample) float64 { return s.bare }),
			r.mid(func(s sample) float64 { return s.enqueue }), r.mid(func(s sample) float64 { return s.enqueue / s.bare }), r.mid(func(s sample) float64 { return s.ingest.rate }),
			r.mid(func(s sample) float64 { return s.listed.rate }))
	}
	return rows, nil
}

// stand is a house that stands ready to be measured.
type stand struct {
	*child
	*row
	at             ready
	single, listed posts
}

func (p plan) open(r *row) (*stand, error) {
	place, err := fresh(r.database)
	if err != nil {
		return nil, err
	}
	c, first, err := spawn("serve", "-sink", p.at, "-endpoints", strconv.Itoa(r.endpoints), "-database", place, "-history", strconv.Itoa(r.history))
	if err != nil {
		return nil, err
	}
	h := &stand{child: c, row: r, single: posts{events: 1, connections: connections}, listed: posts{events: batch, connections: batches}}
	if err = json.Unmarshal([]byte(first), &h.at); err == nil {
		_, err = h.ask("settled")
	}
	for _, how := range []*posts{&h.single, &h.listed} {
		if err == nil {
			how.script, err = h.at.script(how.events)
		}
	}
	if err != nil {
		h.end()
		return nil, err
	}
	return h, nil
}

func (h *stand) end() {
	h.child.end()
	for _, how := range []posts{h.single, h.listed} {
		_ = os.Remove(how.script)
	}
}

// round measures the bare loop, publishing inside the process, and over HTTP.
func (p plan) round(h *stand) (s sample, err error) {
	if s.bare, s.bareCPU, _, err = p.timed(p.loop, "%d", p.events); err != nil {
		return s, err
	}
	if s.enqueue, s.enqueueCPU, s.database, err = p.timed(h.child, "enqueue %d", p.events); err != nil {
		return s, err
	}
	if s.ingest, err = p.ingest(h, h.single); err != nil {
		return s, err
	}
	s.listed, err = p.ingest(h, h.listed)
	return s, err
}

func (p plan) latency(h *stand) error {
	if _, err := h.ask("mark"); err != nil {
		return err
	}
	h.half = h.mid(func(s sample) float64 { return s.ingest.rate }) / 2
	if err := h.at.pace(h.half, time.Duration(p.seconds)*time.Second); err != nil {
		return err
	}
	if _, err := h.ask("drained 0"); err != nil {
		return err
	}
	text, err := h.ask("latency")
	if err != nil {
		return err
	}
	_, err = fmt.Sscan(text, &h.p50, &h.p99)
	return err
}

// fresh makes a database on a PostgreSQL server; "" stays "".
func fresh(server string) (string, error) {
	if server == "" {
		return "", nil
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	name := "events_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	_, err = db.Exec("CREATE DATABASE " + name)
	u.Path = "/" + name
	return u.String(), errors.Join(err, db.Close())
}

// timed asks a child for so many events and gives the rate, and the processor
// seconds per 1,000 of the child and of the database.
func (p plan) timed(c *child, ask string, events int) (rate, cpu, database float64, _ error) {
	used, stored := load.Tree(c.Process.Pid), load.Named("postgres")
	text, err := c.ask(ask, events)
	if err != nil {
		return 0, 0, 0, err
	}
	seconds, err := strconv.ParseFloat(text, 64)
	thousands := float64(events) / 1000
	return float64(events) / seconds, (load.Tree(c.Process.Pid) - used) / thousands, (load.Named("postgres") - stored) / thousands, err
}

// ingest posts events with wrk and waits until all that were accepted are recorded
// as delivered.
func (p plan) ingest(h *stand, how posts) (out posted, _ error) {
	if _, err := h.ask("mark"); err != nil {
		return out, err
	}
	used, begun := load.Tree(h.Process.Pid), time.Now()
	w, err := load.Wrk{Threads: 2, Connections: how.connections, Seconds: p.seconds, Script: how.script, URL: "http://" + h.at.Listen + "/"}.Run()
	if err != nil {
		return out, err
	}
	if w.Count == 0 || w.Failed > 0 {
		return out, fmt.Errorf("%d of %.0f requests were not accepted", w.Failed, w.Count)
	}
	events := w.Count * float64(how.events)
	text, err := h.ask("drained %.0f", events)
	if err != nil {
		return out, err
	}
	end, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return out, err
	}
	return posted{rate: events / (end - float64(begun.UnixMicro())/1e6), cpu: (load.Tree(h.Process.Pid) - used) / events * 1000, foreign: w.Foreign}, nil
}

func (r *row) mid(of func(sample) float64) float64 {
	var v []float64
	for _, s := range r.samples {
		v = append(v, of(s))
	}
	slices.SortFunc(v, cmp.Compare)
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

func (p plan) table(rows []*row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Events, from their acceptance to the recorded delivery\n\n`make bench` measures events of 1 KB, one process, the sink in another. Beside it, in the same round, a bare `http.Client` loop signs and\n"+
		"posts the same bodies to the same sink, %d in flight. *Enqueue*: %d senders in the process, each waits until its event is durable; the clock\n"+
		"stops when every delivery is recorded. *HTTP*: `wrk -t2 -c%d -d%ds` posts one event a request; the clock stops when everything accepted is\n"+
		"recorded as delivered. *In lists*: the same with -c%d and %d events a request. *Latency*: from the beginning of the transaction that accepts to the receiver's answer, at half of that rate.\n"+
		"Houses of one kind stand side by side and are measured in turn. House, sink, load and database share the machine.\n\n", flying, senders, connections, p.seconds, batches, batch)
	fmt.Fprintf(&b, "%s, %s, %d processors, %d rounds of %d events, medians", time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.NumCPU(), p.rounds, p.events)
	b.WriteString(".\n\n| house | endpoints | bare loop /s | CPU s per 1,000 | enqueue to recorded /s | of bare | floor | CPU s per 1,000 | database | HTTP to recorded /s | floor | CPU s per 1,000 | in lists /s | CPU s per 1,000 | latency p50, p99 ms | others' processors |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		name := r.name
		if r.history > 0 {
			name += fmt.Sprintf(", with %d deliveries, their events and attempts there already", r.history)
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f | %.3f | %.0f | %.2f | %.2f | %.3f | %.3f | %.0f | %.0f | %.3f | %.0f | %.3f | %.1f, %.1f at %.0f/s | %.2f |\n", name, r.endpoints,
			r.mid(func(s sample) float64 { return s.bare }), r.mid(func(s sample) float64 { return s.bareCPU }),
			r.mid(func(s sample) float64 { return s.enqueue }), r.mid(func(s sample) float64 { return s.enqueue / s.bare }), r.share,
			r.mid(func(s sample) float64 { return s.enqueueCPU }), r.mid(func(s sample) float64 { return s.database }),
			r.mid(func(s sample) float64 { return s.ingest.rate }), r.rate, r.mid(func(s sample) float64 { return s.ingest.cpu }),
			r.mid(func(s sample) float64 { return s.listed.rate }), r.mid(func(s sample) float64 { return s.listed.cpu }), r.p50, r.p99, r.half,
			r.mid(func(s sample) float64 { return s.ingest.foreign }))
	}
	return b.String()
}
