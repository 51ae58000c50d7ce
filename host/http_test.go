package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// house is a platform whose product has a key.
type house struct {
	*servertest.House
	key     string
	account account.Account
	admin   access.Principal
}

func start(t *testing.T, o servertest.Options) *house {
	t.Helper()
	if o.Catalog == nil {
		o.Catalog = servertest.PennantCatalog(t, "http://127.0.0.1:9")
	}
	h := &house{House: servertest.Start(t, o)}
	made, err := h.Products.Create(t.Context(), access.Operator(h.Person("op@example.com")), "product")
	if err != nil {
		t.Fatal(err)
	}
	h.key = made.Secret.Reveal()
	h.admin, h.account = h.Customer("harbour", account.Production)
	return h
}

func (h *house) ask(d host.Draft) host.Task {
	h.T.Helper()
	var out host.Task
	d.Account = h.account.ID.String()
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
		var err error
		out, err = h.Host.Ask(tx, d)
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return out
}

func (h *house) call(token, method, path, body string) servertest.Answer {
	h.T.Helper()
	r, err := http.NewRequestWithContext(h.T.Context(), method, h.URL+path, strings.NewReader(body))
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return h.Do(r)
}

type page struct {
	Items []host.Task
	Next  string
}

func (h *house) page(path string) page {
	h.T.Helper()
	a := h.call(h.key, "GET", path, "")
	var out page
	if err := json.Unmarshal(a.Body, &out); err != nil || a.Status != http.StatusOK {
		h.T.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return out
}

// sent asks on a connection of its own, and tells when the question is out.
func (h *house) sent(path string, out chan struct{}) page {
	var got page
	ctx := httptrace.WithClientTrace(h.T.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(out) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+path, nil)
	if err != nil {
		h.T.Error(err)
		return got
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(r)
	if err != nil {
		h.T.Error(err)
		return got
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		h.T.Error(err)
	}
	return got
}

// The product takes tasks, says what became of them, and sees it in the log.
func TestTheProductWorksOffTasks(t *testing.T) {
	t.Parallel()
	h := start(t, servertest.Options{Clock: storetest.NewClock()})
	one := h.ask(host.Draft{Kind: "trigger.fire", Subject: "proj/web:env/production:flag/x", Data: json.RawMessage(`{"instruction":"turn_on","n":12345678901234567890}`), Reference: "trigger/trg_1", Key: "trg_1"})
	two := h.ask(host.Draft{Kind: "approval.apply", Data: json.RawMessage(`{}`)})
	got := h.page("/v1/tasks?wait=25&limit=50&kind=trigger.fire,members.add")
	if len(got.Items) != 1 || got.Items[0].ID != one.ID || got.Items[0].AccountKey != "harbour" || string(got.Items[0].Data) != `{"instruction":"turn_on","n":12345678901234567890}` || got.Items[0].State != host.Taken {
		t.Fatalf("%+v", got)
	}
	for range 2 {
		a := h.call(h.key, "POST", "/v1/tasks/"+one.ID.String()+"/done", `{"result":{"changed":true,"list":[1,{"a":null}]}}`)
		if out := a.JSON(); a.Status != http.StatusOK || out["state"] != "done" || out["result"] != nil || out["data"] != nil {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := h.call(h.key, "POST", "/v1/tasks/"+one.ID.String()+"/fail", `{}`); a.Status != http.StatusConflict || a.Code() != "task_closed" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := h.page("/v1/tasks?lease=300"); len(got.Items) != 1 || got.Items[0].ID != two.ID {
		t.Fatalf("%+v", got)
	}
	if a := h.call(h.key, "POST", "/v1/tasks/"+two.ID.String()+"/fail", `{"detail":"It changed meanwhile.","retry":true,"retry_after":600,"attempt":1}`); a.Status != http.StatusOK || a.JSON()["due"] != "2026-03-02T10:10:00Z" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := h.page("/v1/tasks?wait=0"); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	if got := h.page("/v1/tasks/log"); len(got.Items) != 2 || got.Items[0].ID != two.ID || got.Items[1].Data != nil || got.Items[1].Result != nil {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]int{"state=done": 1, "state=waiting": 1, "state=failed": 0, "kind=trigger.fire": 1, "account=harbour&state=done": 1, "account=" + h.account.ID.String(): 2} {
		if got := h.page("/v1/tasks/log?" + query); len(got.Items) != want {
			t.Errorf("%s: %+v", query, got)
		}
	}
	a := h.call(h.key, "GET", "/v1/tasks/"+one.ID.String(), "")
	if result, _ := json.Marshal(a.JSON()["result"]); string(result) != `{"changed":true,"list":[1,{"a":null}]}` || !strings.Contains(string(a.Body), "12345678901234567890") {
		t.Errorf("%s", a.Body)
	}
}

func TestTheLogHasPages(t *testing.T) {
	t.Parallel()
	h := start(t, servertest.Options{})
	for i := range 5 {
		h.ask(host.Draft{Kind: "a.b", Data: json.RawMessage(fmt.Sprint(i))})
	}
	path, seen := "/v1/tasks/log?limit=2", map[string]bool{}
	for range 3 {
		got := h.page(path)
		for _, one := range got.Items {
			seen[one.ID.String()] = true
		}
		path = "/v1/tasks/log?limit=2&cursor=" + got.Next
	}
	if len(seen) != 5 || !strings.HasSuffix(path, "cursor=") {
		t.Errorf("%d, %s", len(seen), path)
	}
}

// Tasks are the product's and the operator's: nobody in an account sees or takes
// them, and the product does not undo its own refusals.
func TestTasksAreForTheProduct(t *testing.T) {
	t.Parallel()
	h := start(t, servertest.Options{})
	one := h.ask(host.Draft{Kind: "a.b"})
	dev, team := h.Developer("dev@example.com")
	app, key := h.Release(dev, team, "flags.read")
	h.Install(h.admin, h.account, app)
	stranger := h.Token(key, "")
	at := "/v1/tasks/" + one.ID.String()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/v1/tasks?wait=0", ""}, {"GET", "/v1/tasks/log", ""}, {"GET", at, ""}, {"POST", at + "/done", "{}"}, {"POST", at + "/fail", "{}"}, {"POST", at + "/retry", ""},
	} {
		if a := h.call(stranger, c.method, c.path, c.body); a.Status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
	}
	if _, err := h.Host.List(t.Context(), h.admin, host.Filter{Limit: 1}); err == nil {
		t.Error("an administrator reads the log")
	}
	if a := h.call(h.key, "POST", at+"/retry", ""); a.Status != http.StatusForbidden {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := h.call(h.key, "POST", "/v1/tasks/tsk_00000000000000000000000000/done", "{}"); a.Status != http.StatusNotFound {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for _, query := range []string{"wait=51", "lease=4", "limit=0", "limit=201"} {
		if a := h.call(h.key, "GET", "/v1/tasks?"+query, ""); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}

// A server that stops answers those who wait, and one with an address of the
// product calls it, from the configuration on.
func TestTheServerCallsTheProduct(t *testing.T) {
	t.Parallel()
	db, secretText := storetest.Open(t, nil), webhook.NewSecret()
	v := &webhook.Verifier{Secrets: []string{secretText}}
	come := make(chan webhook.Message, 1)
	product := httptest.NewServer(v.Handler(func(_ context.Context, m webhook.Message) error {
		come <- m
		return nil
	}))
	defer product.Close()
	file := filepath.Join(t.TempDir(), "tasks.secret")
	if err := os.WriteFile(file, []byte(secretText+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := servertest.Keys(t)
	h := start(t, servertest.Options{DB: db, Keys: keys})
	one := h.ask(host.Draft{Kind: "a.b", Data: json.RawMessage(`[1]`)})
	waits, sent := make(chan page), make(chan struct{})
	go func() { waits <- h.sent("/v1/tasks?kind=other.kind&wait=50", sent) }()
	<-sent
	h.sent("/v1/tasks?kind=other.kind&wait=0", make(chan struct{})) // on a later connection: the first is at the server
	h.Stop()
	if got := <-waits; got.Items == nil || len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	servertest.Start(t, servertest.Options{DB: db, Keys: keys, Catalog: servertest.PennantCatalog(t, "http://127.0.0.1:9"), Change: func(c *server.Config) {
		c.Host = server.HostCfg{URL: product.URL, Secret: file}
	}})
	if m := <-come; m.ID != one.ID.String() || !strings.Contains(string(m.Body), `"data":[1]`) {
		t.Errorf("%+v", m)
	}
}
