package storesync_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server"
)

const subject = "proj/web-shop:env/production:segment/amplitude-"

// house has a customer whose partner fills cohorts, and whose own Redis is filled
// with them.
type house struct {
	*capabilitytest.House
	token  string
	source configuration.Configuration // of the partner who fills cohorts
	server *redisServer
	redis  *redis.Client // as the customer's programs read
}

// each does a test on each database.
func each(t *testing.T, f func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		f(start(t, open(clock), clock))
	})
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	h := bare(t, db, clock)
	h.server = newServer(t, h.Partner)
	h.redis = redis.NewClient(&redis.Options{Addr: h.server.inside, Username: "guest", Password: "open sesame"})
	t.Cleanup(func() { _ = h.redis.Close() })
	h.up()
	return h
}

// bare is a house whose customer has cohorts, and no store yet.
func bare(t *testing.T, db *store.DB, clock *storetest.Clock, change ...func(*server.Config)) *house {
	t.Helper()
	h := &house{House: capabilitytest.Start(t, db, clock, change...)}
	h.source = h.Configure(h.Published("amplitude"), nil)
	_, err := h.Configurations.Update(t.Context(), h.Admin, h.source.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{
		membership.Name: {Settings: json.RawMessage(`{"targets":[{"scope":"e","resource":"proj/web-shop:env/production"}]}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.Private.Create(t.Context(), h.Admin, h.Account.ID, private.Draft{Name: "Amplitude", Scopes: []string{"segments.write"}})
	if err != nil {
		t.Fatal(err)
	}
	h.token = made.Token.Secret.Reveal()
	return h
}

// up waits until the server takes connections.
func (h *house) up() {
	h.T.Helper()
	h.Until("Redis is up", func() bool { return h.redis.Ping(context.Background()).Err() == nil })
}

// redisServer is a real Redis, which takes strangers over TLS only.
type redisServer struct {
	t      *testing.T
	argv   []string
	inside string // where the customer's programs reach it
	cmd    *exec.Cmd
}

func newServer(t *testing.T, p *capabilitytest.Partner) *redisServer {
	t.Helper()
	path, at, dir := testenv.Tool(t, "redis-server", "valkey-server"), testenv.Addresses(t, 2), t.TempDir()
	certificate, key := p.Certificate(t, "redis.example.com")
	conf := fmt.Sprintf("port %d\ntls-port %d\ntls-cert-file tls.crt\ntls-key-file tls.key\ntls-auth-clients no\nbind 127.0.0.1\ndir %s\nsave \"\"\nuser guest on \">open sesame\" ~* &* +@all\nuser default off\n",
		port(t, at[0]), port(t, at[1]), dir)
	for name, data := range map[string][]byte{"tls.crt": certificate, "tls.key": key, "redis.conf": []byte(conf)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &redisServer{t: t, argv: []string{path, filepath.Join(dir, "redis.conf")}, inside: at[0]}
	p.Behind(6380, at[1])
	t.Cleanup(s.stop)
	s.start()
	return s
}

func port(t *testing.T, at string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *redisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command(s.argv[0], s.argv[1:]...)
	s.cmd.Dir = filepath.Dir(s.argv[1])
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

// stop ends it; it keeps nothing.
func (s *redisServer) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// batch is a call of the partner; each word is +who or -who, in cohort c1 unless it
// says c2.
func (h *house) batch(words string) {
	h.T.Helper()
	var all []string
	for _, w := range strings.Fields(words) {
		id, cohort := w[1:], "c1"
		if who, other, ok := strings.Cut(id, "@"); ok {
			id, cohort = who, other
		}
		all = append(all, fmt.Sprintf(`{"cohortId":%q,"cohortName":"Night owls","userId":%q,"value":%v}`, cohort, id, w[0] == '+'))
	}
	h.post(`{"environmentId":"e","batch":[` + strings.Join(all, ",") + `]}`)
}

func (h *house) post(body string) {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), http.MethodPost, h.URL+"/api/v2/segment-targets/amplitude", strings.NewReader(body))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", h.token)
	if a := h.Do(r); a.Status != http.StatusNoContent {
		h.T.Fatalf("%d %s", a.Status, a.Body)
	}
}

// filled sets up the published integration that fills the customer's Redis.
func (h *house) filled(values map[string]any) configuration.Configuration {
	h.T.Helper()
	all := map[string]any{"host": "redis.example.com", "port": "6380", "username": "guest", "password": "open sesame", "tlsEnabled": true}
	for k, v := range values {
		all[k] = v
	}
	return h.Configure(h.Published("redis"), all)
}

// has waits until the set of a cohort has members.
func (h *house) has(prefix, cohort string, want ...string) {
	h.T.Helper()
	var got []string
	name := prefix + ":{" + subject + cohort + "}:members"
	h.T.Cleanup(func() {
		if h.T.Failed() {
			h.T.Logf("%s: %d %v", name, len(got), got[:min(len(got), 10)])
		}
	})
	h.Until("the store has "+strings.Join(want, " "), func() bool {
		got, _ = h.redis.SMembers(context.Background(), name).Result()
		slices.Sort(got)
		return slices.Equal(got, want)
	})
}

// report is how the filling of a configuration fares.
func (h *house) report(c configuration.Configuration) capability.Report {
	h.T.Helper()
	now, err := h.Configurations.Get(h.T.Context(), h.Admin, c.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	for _, one := range now.Capabilities {
		if one.Name == storesync.Name && one.Report != nil {
			return *one.Report
		}
	}
	return capability.Report{}
}

func code(err error) string { return problem.CodeOf(err) }
