package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// sink is a receiver that counts what it gets by the sender's own id, and
// remembers under which id of ours it came.
type sink struct {
	*httptest.Server
	mu    sync.Mutex
	times map[string]int
	ids   map[string]string
	mixed []string // came under two ids

	busy atomic.Int64 // requests that are being read
}

func newSink(t testing.TB) *sink {
	t.Helper()
	s := &sink{times: map[string]int{}, ids: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Add(-1)
		var e struct {
			ID  string
			Key string `json:"source_id"`
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &e) != nil {
			return // the sender was killed in the middle of it
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if was := s.ids[e.Key]; was != "" && was != e.ID || r.Header.Get("Webhook-Id") != e.ID {
			s.mixed = append(s.mixed, e.Key)
		}
		s.ids[e.Key] = e.ID
		s.times[e.Key]++
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) got() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

// flow publishes events with ids of their own through a node until each was
// acknowledged, and knows what may come twice.
type flow struct {
	t     *testing.T
	n     *node
	sink  *sink
	key   string // of the product
	total int

	next, acked, refused atomic.Int64
	senders              sync.WaitGroup
	mayRepeat            map[string]int // how often a key was on its way when the sender died
}

// newFlow prepares a house whose application has an endpoint at a sink. The node
// runs when it returns.
func newFlow(t *testing.T, n *node, s *sink, total int) *flow {
	t.Helper()
	n.hooks = s.Listener.Addr().String()
	app := n.open()
	if _, err := app.DB.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := people(t, app, 1)
	product, err := app.Products.Create(t.Context(), access.Operator(p.user), "trial")
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	n.start()
	must := func(m made, err error) made {
		t.Helper()
		if err != nil || !m.ok() {
			t.Fatalf("%d %s %s %v", m.Status, m.Code, m.Detail, err)
		}
		return m
	}
	reg := must(n.register(p.cookie, p.group.ID.String(), "Hearer"))
	must(n.publish(p.cookie, reg.ID))
	must(n.install(p.cookie, p.accounts[0].ID.String(), reg.PublicID))
	must(n.api(p.cookie, "POST", "/v1/applications/"+reg.ID+"/webhook-endpoints", object{"url": s.URL + "/hook", "types": []string{"flag.*"}}))
	return &flow{t: t, n: n, sink: s, key: product.Secret.Reveal(), total: total, mayRepeat: map[string]int{}}
}

// begin starts the senders.
func (f *flow) begin() {
	for range 8 {
		f.senders.Go(func() {
			pause := time.NewTicker(5 * time.Millisecond)
			defer pause.Stop()
			for i := f.next.Add(1); i <= int64(f.total); i = f.next.Add(1) {
				for !f.send(i) {
					<-pause.C
					if f.t.Failed() {
						return
					}
				}
				f.acked.Add(1)
			}
		})
	}
}

// send publishes one event; false when it was not acknowledged.
func (f *flow) send(i int64) bool {
	body := fmt.Sprintf(`{"id":"k-%d","type":"flag.turned_on","account_key":"acc-0","subject":"proj/web:env/staging:flag/f%d","data":{"n":%d,"text":%q}}`, i, i%7, i, strings.Repeat("x", 900))
	r, err := http.NewRequest(http.MethodPost, f.n.url+"/v1/events", bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Error(err)
		return false
	}
	r.Header.Set("Authorization", "Bearer "+f.key)
	r.Header.Set("Content-Type", "application/json")
	status, answer, err := f.n.ask(r)
	switch {
	case err != nil:
		return false
	case status == http.StatusAccepted:
		return true
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		f.refused.Add(1)
		return false
	}
	f.t.Errorf("refused with %d %s", status, answer)
	return false
}

// look notes what was on its way when its sender died: it came to the sink, and
// the database does not say so.
func (f *flow) look(database string) {
	f.t.Helper()
	f.sink.CloseClientConnections() // nobody is left to send; what came is read to its end
	if !eventually(f.t, 10*time.Second, func() bool { return f.sink.busy.Load() == 0 }) {
		f.t.Error("the sink does not come to rest")
	}
	recorded := f.recorded(database)
	f.sink.mu.Lock()
	defer f.sink.mu.Unlock()
	for key := range f.sink.times {
		if !recorded[key] {
			f.mayRepeat[key]++
		}
	}
}

// recorded lists the keys of what the database says was delivered.
func (f *flow) recorded(database string) map[string]bool {
	f.t.Helper()
	db, err := store.Open(store.Config{URL: database})
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var keys []string
	err = db.Read(f.t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT e.key FROM webhook_delivery AS d JOIN event_event AS e ON e.n = d.event_n WHERE d.state = 'delivered'").Scan(tx.Ctx, &keys)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out
}

// ends waits until everything is acknowledged, delivered and recorded, and holds
// what came against what may have. It gives how many came twice.
func (f *flow) ends(database string) (repeated int) {
	f.t.Helper()
	if !eventually(f.t, 3*time.Minute, func() bool { return f.acked.Load() == int64(f.total) || f.t.Failed() }) {
		f.t.Errorf("%d of %d are acknowledged", f.acked.Load(), f.total)
	}
	f.senders.Wait()
	if !eventually(f.t, 2*time.Minute, func() bool { return f.sink.got() == f.total || f.t.Failed() }) {
		f.t.Errorf("%d of %d acknowledged events came", f.sink.got(), f.total)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		if len(f.recorded(database)) == f.total {
			break
		}
		<-tick.C
	}
	if n := len(f.recorded(database)); n != f.total {
		f.t.Errorf("%d of %d are recorded as delivered", n, f.total)
	}
	f.sink.mu.Lock()
	defer f.sink.mu.Unlock()
	if len(f.sink.mixed) > 0 {
		f.t.Errorf("came under another id: %v", f.sink.mixed)
	}
	for key, n := range f.sink.times {
		repeated += n - 1
		if n > 1+f.mayRepeat[key] {
			f.t.Errorf("%s came %d times and was on its way %d times when its sender died", key, n, f.mayRepeat[key])
		}
	}
	if f.t.Failed() {
		f.t.Logf("the node said:\n%s", f.n.out)
	}
	return repeated
}

// F-01 and W-15 for events: kill -9 at random moments, and no acknowledged event
// is lost; what comes twice has the same id and was on its way.
func TestTrialF01_W15_KillEvents(t *testing.T) {
	kills, total := count(3, 100), count(600, 10_000)
	s := newSink(t)
	r := newRig(t, product(t), wide)
	database := filepath.Join(r.dir, "guestright.db")
	f := newFlow(t, r.node(database), s, total)
	f.begin()
	for k := range kills {
		at := int64(k*total/kills + rand.N(total/kills)/2)
		if !eventually(t, time.Minute, func() bool { return f.acked.Load() >= at }) {
			t.Fatalf("%d acknowledged, waiting for %d:\n%s", f.acked.Load(), at, f.n.out)
		}
		f.n.kill()
		f.look(database)
		f.n.start()
	}
	repeated, flying := f.ends(database), 0
	for _, n := range f.mayRepeat {
		flying += n
	}
	if code := f.n.stop(); code != 0 {
		t.Errorf("the node ended with %d", code)
	}
	report(t, "Events: killed", fmt.Sprintf("%d events of 1 KB published by 8 clients, each repeated until it was acknowledged, while the process that takes and delivers them is killed with `kill -9` at %d random moments; SQLite, FULL.", total, kills), "",
		fmt.Sprintf("All %d came, under one id each, and are recorded as delivered. %d requests had come without being recorded when the process died; %d of them came again, and nothing else did.", total, flying, repeated))
}

// cuttable is the way to a PostgreSQL that can be cut.
func cuttable(t testing.TB, database string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.ln.Addr().String()
	return w, u.String()
}

// The connections to PostgreSQL break and nobody gets through for a while, again
// and again: what was acknowledged is delivered.
func TestTrialEventsWithoutPostgres(t *testing.T) {
	storetest.NeedPostgres(t)
	database := storetest.PostgresURL(t)
	cuts, total := count(3, 20), count(400, 10_000)
	w, through := cuttable(t, database)
	s := newSink(t)
	r := newRig(t, product(t), wide)
	f := newFlow(t, r.node(through), s, total)
	f.begin()
	for k := range cuts {
		at := int64(k*total/cuts + total/cuts/3)
		if !eventually(t, time.Minute, func() bool { return f.acked.Load() >= at }) {
			t.Fatalf("%d acknowledged, waiting for %d:\n%s", f.acked.Load(), at, f.n.out)
		}
		was := f.refused.Load()
		w.cut()
		if !eventually(t, time.Minute, func() bool { return f.refused.Load() > was }) {
			t.Error("nothing is refused without a database")
		}
		w.mend()
	}
	f.ends(database) // the courier lives on and sends nothing twice
	report(t, "Events: PostgreSQL goes away", fmt.Sprintf("%d events of 1 KB published by 8 clients; all connections to PostgreSQL cut %d times under load, and none let through until changes were refused.", total, cuts), "",
		fmt.Sprintf("All %d came and are recorded as delivered; %d publications were refused with 503 and repeated with the same id; no request came twice.", total, f.refused.Load()))
}

// The node that delivers is killed: the other takes over where the log is settled.
func TestTrialCourierTakesOver(t *testing.T) {
	storetest.NeedPostgres(t)
	database := storetest.PostgresURL(t)
	total := count(300, 3000)
	s := newSink(t)
	r := newRig(t, product(t), wide)
	first, second := r.node(database), r.node(database)
	f := newFlow(t, first, s, total)
	second.hooks = first.hooks
	second.start()
	f.n = second // takes events in; the first delivers, since it holds the lease
	f.begin()
	if !eventually(t, time.Minute, func() bool { return s.got() > total/3 }) {
		t.Fatalf("%d came:\n%s", s.got(), first.out)
	}
	first.kill()
	begun, had := time.Now(), s.got()
	f.look(database)
	if !eventually(t, time.Minute, func() bool { return s.got() > had+10 }) {
		t.Fatalf("nobody took over:\n%s", second.out)
	}
	after := time.Since(begun)
	repeated, flying := f.ends(database), len(f.mayRepeat)
	report(t, "Events: another node takes over", fmt.Sprintf("%d events on two nodes and one PostgreSQL; the one that delivers is killed with `kill -9`.", total), "",
		fmt.Sprintf("The other delivered %.1f s later (a lease lasts 15 s). All %d came; %d were on their way, %d came again.", after.Seconds(), total, flying, repeated))
}
