package connection_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/server/servertest"
)

// house has a partner with an OAuth server at login.example.com, or at /oauth of any
// other host.
type house struct {
	*capabilitytest.House
	*server
}

// server is the partner's OAuth server.
type server struct {
	mu        sync.Mutex
	challenge string // of the code that it gave
	n         int    // tokens given
	refuse    string // OAuth's error for each refresh
	lifetime  int
	bad       []string // what was wrong with requests
	calls     chan capabilitytest.Received
	raw       func(w http.ResponseWriter) // answers in place of it; nil: it does itself
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) house {
	t.Helper()
	h := house{capabilitytest.Start(t, db, clock), &server{lifetime: 3600, calls: make(chan capabilitytest.Received, 100)}}
	h.Handle(h.serve)
	t.Cleanup(func() {
		if len(h.bad) > 0 {
			t.Error(h.bad)
		}
	})
	return h
}

func (s *server) serve(w http.ResponseWriter, r capabilitytest.Received) {
	if !strings.Contains(r.URI, "token") {
		s.calls <- r
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw != nil {
		s.raw(w)
		return
	}
	form, err := url.ParseQuery(string(r.Body))
	h := http.Request{Header: r.Header}
	id, own, _ := h.BasicAuth()
	own, _ = url.QueryUnescape(own) // RFC 6749, section 2.3.1
	if form.Get("client_id") != "" {
		id, own = form.Get("client_id"), form.Get("client_secret")
	}
	must := func(ok bool, what string) {
		if !ok {
			s.bad = append(s.bad, what+": "+r.URI+" "+string(r.Body))
		}
	}
	must(err == nil && r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded", "form")
	must(id == "us" && own == "s3cret+/%", "client")
	w.Header().Set("Content-Type", "application/json")
	switch form.Get("grant_type") {
	case "authorization_code":
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		must(base64.RawURLEncoding.EncodeToString(sum[:]) == s.challenge && strings.HasSuffix(form.Get("redirect_uri"), connection.ReturnPath), "code")
		if form.Get("code") != "the-code" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"no such code"}`)
			return
		}
	case "refresh_token":
		must(form.Get("refresh_token") == fmt.Sprint("refresh-", s.n), "refresh")
		if s.refuse != "" {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": s.refuse})
			return
		}
	default:
		must(false, "grant")
	}
	s.n++
	_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","refresh_token":"refresh-%d","token_type":"Bearer","expires_in":%d,"scope":"read write"}`, s.n, s.n, s.lifetime)
}

func (h house) published(key string) integration.Installation {
	h.T.Helper()
	return h.Package(key, servertest.Corpus(h.T, "..", "launchdarkly/integrations/"+key))
}

// says lets the token endpoint answer like that; nil: as it should.
func (s *server) says(f func(http.ResponseWriter)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = f
}

func (s *server) given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

var draft = connection.PartnerDraft{Authorization: "https://login.example.com/authorize?tenant=7", Token: "https://login.example.com/token", Issuer: "https://login.example.com", ClientID: "us",
	Secret: "s3cret+/%", Scopes: []string{"read", "write"}, BaseURI: "https://api.example.com/"}

func (h house) partner(i integration.Installation, d connection.PartnerDraft) {
	h.T.Helper()
	got, err := h.Connections.SetPartner(h.T.Context(), h.Developer, ident.Must[application.Application](i.Application), d)
	if err != nil {
		h.T.Fatal(err)
	}
	if raw, err := json.Marshal(got); err != nil || strings.Contains(string(raw), "s3cret") {
		h.T.Fatalf("%s %v", raw, err)
	}
}

// goes has the administrator go to the partner, and gives what the partner was asked.
func (h house) goes(c configuration.Configuration, baseURI string) url.Values {
	h.T.Helper()
	b, err := h.Connections.Begin(h.T.Context(), h.Admin, c.ID, baseURI)
	if err != nil {
		h.T.Fatal(err)
	}
	to, err := url.Parse(b.URL)
	if err != nil {
		h.T.Fatal(err)
	}
	q := to.Query()
	q.Set("at", to.Scheme+"://"+to.Host+to.Path)
	h.mu.Lock()
	h.challenge = q.Get("code_challenge")
	h.mu.Unlock()
	return q
}

func (h house) comes(q url.Values, a connection.Answer) error {
	h.T.Helper()
	a.State = q.Get("state")
	_, err := h.Connections.Return(h.T.Context(), h.Admin, a)
	return err
}

func (h house) now(c configuration.Configuration) (configuration.Configuration, connection.Connection) {
	h.T.Helper()
	got, err := h.Connections.Get(h.T.Context(), h.Admin, c.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	at, err := h.Configurations.Get(h.T.Context(), h.Admin, c.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return at, got
}

func (h house) call() capabilitytest.Received {
	h.T.Helper()
	select {
	case r := <-h.calls:
		return r
	case <-time.After(30 * time.Second):
		h.T.Fatal("no call")
	}
	return capabilitytest.Received{}
}

var flipped = event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/production:flag/dark", Data: json.RawMessage(`{"change":{"kind":"flag","action":"updateOn","verb":"turned on the flag",
	"target":{"name":"Dark"},"actor":{"name":"Ada"}}}`)}

// A published integration that needs a connection: it rests until an administrator
// has connected it, works with the token, gets another in time, and rests again when
// the partner refuses one, of which the account's administrators hear.
func TestH47_APublishedIntegrationIsConnected(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		i := h.published("appdynamics")
		c := h.Configure(i, map[string]any{"account": "harbour", "applicationID": "shop"})
		if len(c.Needs) != 1 || c.Needs[0].Pointer != "/connection" || c.Capabilities[0].Working || !c.Connects {
			t.Fatalf("%+v", c)
		}
		if _, err := h.Connections.Begin(t.Context(), h.Admin, c.ID, ""); problem.CodeOf(err) != "partner_missing" {
			t.Error(err)
		}
		h.partner(i, draft)
		q := h.goes(c, "")
		if q.Get("at") != "https://login.example.com/authorize" || q.Get("tenant") != "7" || q.Get("client_id") != "us" || q.Get("response_type") != "code" || q.Get("scope") != "read write" ||
			q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != h.Connections.Back() || len(q.Get("state")) < 40 {
			t.Errorf("%v", q)
		}
		if err := h.comes(q, connection.Answer{Code: "the-code", Issuer: "https://login.example.com"}); err != nil {
			t.Fatal(err)
		}
		at, got := h.now(c)
		if len(at.Needs) != 0 || !at.Capabilities[0].Working || got.State != connection.Connected || got.BaseURI != "https://api.example.com" || got.Scopes != "read write" {
			t.Fatalf("%+v %+v", at, got)
		}
		h.Say(flipped)
		if r := h.call(); r.Host != "api.example.com" || !strings.HasPrefix(r.URI, "/controller/rest/applications/shop/events?summary=") || r.Header.Get("Authorization") != "Bearer access-1" {
			t.Errorf("%s %s %s", r.Host, r.URI, r.Header)
		}
		clock.Advance(56 * time.Minute)
		h.Until("another token", func() bool { _, got = h.now(c); return got.Expires.Sub(clock.Now()) > 50*time.Minute })
		h.Until("the new token is used", func() bool {
			h.Say(flipped)
			return h.call().Header.Get("Authorization") == "Bearer access-2"
		})
		h.mu.Lock()
		h.refuse = "invalid_grant"
		h.mu.Unlock()
		clock.Advance(57 * time.Minute)
		h.Until("it has ended", func() bool { at, got = h.now(c); return got.State == connection.Reconnect })
		if at.Capabilities[0].Working || len(at.Needs) != 1 || got.Fault == "" || h.given() != 2 {
			t.Errorf("%+v %+v", at, got)
		}
		inbox, err := h.Notices.List(t.Context(), h.Admin, notice.Query{})
		if err != nil || len(inbox.Items) != 1 || inbox.Items[0].Kind != "connection.reconnect" || inbox.Items[0].Link != "/configurations/"+c.ID.String() {
			t.Errorf("%+v %v", inbox, err)
		}
		if err := h.comes(h.goes(c, ""), connection.Answer{Code: "the-code"}); err != nil {
			t.Fatal(err)
		}
		if at, got = h.now(c); !at.Capabilities[0].Working || got.Fault != "" {
			t.Errorf("%+v %+v", at, got)
		}
		if err := h.Connections.Disconnect(t.Context(), h.Admin, c.ID); err != nil {
			t.Fatal(err)
		}
		if at, got = h.now(c); at.Capabilities[0].Working || got.State != connection.None {
			t.Errorf("%+v %+v", at, got)
		}
		page, err := h.Audit.List(t.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String(), Action: "connection.*"}, 0)
		var did []string
		for _, e := range page.Entries {
			did = append(did, strings.TrimPrefix(e.Action, "connection."))
			if strings.Contains(string(e.After), "access-") || strings.Contains(string(e.After), "refresh-") {
				t.Errorf("%s", e.After)
			}
		}
		if strings.Join(did, " ") != "disconnect connect reconnect connect" || err != nil {
			t.Errorf("%v %v", did, err)
		}
		if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// Another published one, at the customer's own instance: only the person who went
// comes back, once, within ten minutes, from the server that was asked.
func TestTheWayBackIsGuarded(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	i := h.published("sentry")
	c := h.Configure(i, nil)
	d := draft
	d.Authorization, d.Token, d.BaseURI, d.Method, d.Issuer = "/oauth/authorize", "/oauth/token", "", connection.Post, "https://harbour.sentry.example"
	d.Hosts = []string{"*.sentry.example", "sentry.example.com"}
	h.partner(i, d)
	// Our client's secret goes to the hosts that the developer has named only.
	for _, bad := range []string{"https://evil.example", "https://sentry.example", "https://evilsentry.example", "https://harbour.sentry.example.evil.com", "https://harbour.sentry.example@evil.com", "https://a.sentry.example.com", "", "http://a.example.com", "https://127.0.0.1", "https://localhost", "https://a.example.com?x=1", "ftp://a", "https://a.example.com#x"} {
		if _, err := h.Connections.Begin(t.Context(), h.Admin, c.ID, bad); problem.CodeOf(err) != "base_uri_invalid" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	goes := func() url.Values { return h.goes(c, "https://harbour.sentry.example/") }
	fails := func(want string, q url.Values, a connection.Answer) {
		t.Helper()
		if err := h.comes(q, a); problem.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	fails("connection_state", url.Values{"state": {"made-up"}}, connection.Answer{Code: "the-code"})
	fails("connection_issuer", goes(), connection.Answer{Code: "the-code", Issuer: "https://evil.example"})
	fails("connection_refused", goes(), connection.Answer{Error: "access_denied", Description: "no"})
	fails("connection_refused", goes(), connection.Answer{})
	fails("connection_refused", goes(), connection.Answer{Code: "another"})
	late := goes()
	clock.Advance(11 * time.Minute)
	fails("connection_state", late, connection.Answer{Code: "the-code"})
	q := goes()
	if _, err := h.Connections.Return(t.Context(), h.Developer, connection.Answer{State: q.Get("state"), Code: "the-code"}); problem.CodeOf(err) != "connection_state" {
		t.Error(err)
	}
	fails("connection_state", q, connection.Answer{Code: "the-code"}) // it ended there
	for name, f := range map[string]func(http.ResponseWriter){
		"500": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"redirect": func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://evil.example/token")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"no JSON":  func(w http.ResponseWriter) { _, _ = io.WriteString(w, "access_token=x") },
		"no token": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"access_token":""}`) },
		"a line":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"access_token":"a\nb","token_type":"bearer"}`) },
		"mac":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"access_token":"a","token_type":"mac"}`) },
		"huge": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"access_token":"`+strings.Repeat("a", 1<<20)+`"}`)
		},
		"reset": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		h.says(f)
		q := goes()
		if err := h.comes(q, connection.Answer{Code: "the-code"}); problem.CodeOf(err) != "connection_exchange" {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.says(nil)
	q = goes()
	other := d
	other.Hosts = []string{"*.example.org"}
	h.partner(i, other)
	fails("connection_refused", q, connection.Answer{Code: "the-code", Issuer: d.Issuer}) // that host is none of theirs any more
	h.partner(i, d)
	q = goes()
	if q.Get("at") != "https://harbour.sentry.example/oauth/authorize" {
		t.Errorf("%v", q)
	}
	if err := h.comes(q, connection.Answer{Code: "the-code", Issuer: d.Issuer}); err != nil {
		t.Fatal(err)
	}
	if at, got := h.now(c); len(at.Needs) != 0 || got.State != connection.Connected || got.BaseURI != "https://harbour.sentry.example" {
		t.Errorf("%+v %+v", at, got)
	}
	fails("connection_state", q, connection.Answer{Code: "the-code"})
}

// A partner that is away is asked again; a token without another ends by itself.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	i := h.published("sentry")
	c := h.Configure(i, nil)
	h.partner(i, draft)
	if err := h.comes(h.goes(c, ""), connection.Answer{Code: "the-code"}); err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 100)
	h.says(func(w http.ResponseWriter) { asked <- true; w.WriteHeader(http.StatusServiceUnavailable) })
	clock.Advance(56 * time.Minute)
	<-asked
	if _, got := h.now(c); got.State != connection.Connected {
		t.Errorf("%+v", got)
	}
	h.says(nil)
	h.Until("another token", func() bool {
		clock.Advance(time.Second)
		_, got := h.now(c)
		return got.Expires.Sub(clock.Now()) > 30*time.Minute
	})
	h.says(func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"access_token":"only","expires_in":"600"}`) })
	if err := h.comes(h.goes(c, ""), connection.Answer{Code: "the-code"}); err != nil {
		t.Fatal(err)
	}
	if _, got := h.now(c); got.Expires.Sub(clock.Now()) > 10*time.Minute {
		t.Errorf("%+v", got)
	}
	clock.Advance(11 * time.Minute)
	h.Until("it has ended", func() bool { _, got := h.now(c); return got.State == connection.Reconnect })
}

// Developers say where the partner's server is, administrators connect, nobody else.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	i := h.published("sentry")
	app := ident.Must[application.Application](i.Application)
	c := h.Configure(i, nil)
	h.partner(i, draft)
	other, _ := h.House.House.Developer("eve@example.com")
	if _, err := h.Connections.SetPartner(t.Context(), h.Admin, app, draft); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
	if _, err := h.Connections.Partner(t.Context(), other, app); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
	for pointer, change := range map[string]func(*connection.PartnerDraft){
		"/authorization_endpoint": func(d *connection.PartnerDraft) { d.Authorization = "http://login.example.com" },
		"/token_endpoint":         func(d *connection.PartnerDraft) { d.Token = "https://10.0.0.1/token" },
		"/client_id":              func(d *connection.PartnerDraft) { d.ClientID = "" },
		"/issuer":                 func(d *connection.PartnerDraft) { d.Issuer = "login" },
		"/scopes":                 func(d *connection.PartnerDraft) { d.Scopes = []string{"a b"} },
		"/base_uri":               func(d *connection.PartnerDraft) { d.BaseURI = "https://a.example.com?x" },
		"/base_hosts":             func(d *connection.PartnerDraft) { d.BaseURI, d.Token = "", "/oauth/token" },
	} {
		d := draft
		change(&d)
		if _, err := h.Connections.SetPartner(t.Context(), h.Developer, app, d); problem.CodeOf(err) != "partner_invalid" || problem.Of(err).Fields[0].Pointer != pointer {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	for _, by := range []string{"developer", "other"} {
		who := h.Developer
		if by == "other" {
			who = other
		}
		_, begin := h.Connections.Begin(t.Context(), who, c.ID, "")
		_, get := h.Connections.Get(t.Context(), who, c.ID)
		for _, err := range []error{begin, get, h.Connections.Disconnect(t.Context(), who, c.ID)} {
			if problem.CodeOf(err) != "not_found" {
				t.Errorf("%s: %v", by, err)
			}
		}
	}
	if err := h.Connections.DropPartner(t.Context(), h.Developer, app); err != nil {
		t.Error(err)
	}
	if _, err := h.Connections.Partner(t.Context(), h.Developer, app); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
	plain := h.Configure(h.published("generic-trigger"), nil)
	if _, err := h.Connections.Get(t.Context(), h.Admin, plain.ID); problem.CodeOf(err) != "connection_unneeded" {
		t.Error(err)
	}
}
