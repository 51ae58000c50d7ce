package snapshot_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/client/snapshot"
	"github.com/guestright/guestright/server/servertest"
)

func TestTheNewestIsKept(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	h.Customer("harbour", account.Production)
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("op@example.com")), "product")
	if err != nil {
		t.Fatal(err)
	}
	c := snapshot.Client{URL: h.URL, Token: key.Secret.Reveal()}
	of := snapshot.Snapshot{AccountKey: "harbour", Resource: "proj/web:env/production", Version: 2, Data: json.RawMessage(`{"a":1}`)}
	if got, err := c.Put(t.Context(), of); err != nil || !got.New || got.Version != 2 || got.Targets != 0 || len(got.Scope) != 24 {
		t.Fatalf("%+v %v", got, err)
	}
	of.Version = 1
	if got, err := c.Put(t.Context(), of); err != nil || got.New || got.Version != 2 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.List(t.Context(), "harbour"); err != nil || len(got) != 1 || got[0].Size != 7 || got[0].Resource != of.Resource {
		t.Errorf("%+v %v", got, err)
	}
	for range 2 {
		if err := c.Forget(t.Context(), "harbour", of.Resource); err != nil {
			t.Error(err)
		}
	}
	of.Resource = "nothing like one;"
	_, err = c.Put(t.Context(), of)
	if r, ok := err.(*snapshot.Refusal); !ok || r.Code != "snapshot_invalid" || !r.Final() {
		t.Error(err)
	}
	c.Token = "grpk_wrong"
	_, err = c.Put(t.Context(), of)
	if r, ok := err.(*snapshot.Refusal); !ok || r.Status != http.StatusUnauthorized || r.Final() {
		t.Error(err)
	}
}

// While the platform is away only the newest of each resource waits.
func TestASenderPassesOver(t *testing.T) {
	t.Parallel()
	got := make(chan snapshot.Snapshot, 20)
	away := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var one snapshot.Snapshot
		_ = json.Unmarshal(body, &one)
		switch {
		case away:
			away = false
			w.WriteHeader(http.StatusServiceUnavailable)
		case one.Resource == "bad":
			w.WriteHeader(http.StatusUnprocessableEntity)
		default:
			_, _ = io.WriteString(w, "{}")
		}
		got <- one
	}))
	defer srv.Close()
	failed := make(chan error, 20)
	s := &snapshot.Sender{Client: snapshot.Client{URL: srv.URL}, Failed: func(_ snapshot.Snapshot, err error) { failed <- err }}
	for n := range int64(5) {
		s.Send(snapshot.Snapshot{AccountKey: "a", Resource: "one", Version: n, Data: json.RawMessage("1")})
	}
	s.Send(snapshot.Snapshot{AccountKey: "a", Resource: "one", Version: 1, Data: json.RawMessage("1")})
	s.Send(snapshot.Snapshot{AccountKey: "a", Resource: "bad", Version: 1, Data: json.RawMessage("1")})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	seen := map[string][]int64{}
	for range 3 {
		one := <-got
		seen[one.Resource] = append(seen[one.Resource], one.Version)
	}
	if len(seen["one"]) != 2 || seen["one"][0] != 4 || seen["one"][1] != 4 || len(seen["bad"]) != 1 {
		t.Errorf("%v", seen)
	}
	<-failed
	<-failed
	stop()
	<-done
}
