package importer_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

var filled = map[string]any{"workspaceApiKey": "sp-key-4711", "workspaceId": "ws/1", "environmentId": "env-1", "ldApiKey": "unused", "ldTag": "from-split"}

// split answers as Split does: n flags, 50 on a page.
func split(t *testing.T, n int) func(http.ResponseWriter, capabilitytest.Received) {
	return func(w http.ResponseWriter, r capabilitytest.Received) {
		u, err := url.ParseRequestURI(r.URI)
		if err != nil || r.Method != http.MethodGet || r.Host != "api.split.io" || r.Header.Get("Authorization") != "Bearer sp-key-4711" || !strings.HasPrefix(r.URI, "/internal/api/v2/splits/ws/ws%2F1") {
			t.Errorf("%s %s%s %s", r.Method, r.Host, r.URI, r.Header)
		}
		offset, limit := 0, 0
		_, _ = fmt.Sscan(u.Query().Get("offset"), &offset)
		_, _ = fmt.Sscan(u.Query().Get("limit"), &limit)
		var out []string
		for i := offset; i < min(n, offset+limit); i++ {
			if strings.HasSuffix(u.Path, "/environments/env-1") {
				treatments := `{"name":"on"},{"name":"off"}`
				if i%2 == 1 {
					treatments = `{"name":"red"},{"name":"green"},{"name":"blue"}`
				}
				out = append(out, fmt.Sprintf(`{"name":"Flag_%d","treatments":[%s]}`, i, treatments))
				continue
			}
			out = append(out, fmt.Sprintf(`{"name":"Flag_%d","description":"The flag %d","tags":[{"name":"web"}]}`, i, i))
		}
		_, _ = fmt.Fprintf(w, `{"objects":[%s],"offset":%d,"limit":%d,"totalCount":%d}`, strings.Join(out, ","), offset, limit, n)
	}
}

// A published integration: all pages are read, nothing changes before it is started,
// and the example product makes what it has not.
func TestFlagsAreBroughtIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := capabilitytest.Start(t, open(nil), nil)
		h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
		key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
		if err != nil {
			t.Fatal(err)
		}
		p, err := pennant.New(pennant.Config{Dir: t.TempDir(), Issuer: h.URL, Audience: "pennant", JWKSURL: h.URL, HookSecret: "0123456789abcdef0123"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			_ = p.Work(t.Context(), pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()})
			close(done)
		}()
		t.Cleanup(func() {
			<-done
			_ = p.Close()
		})
		c := h.Configure(h.Published("split"), filled)
		h.Handle(split(t, 120))
		bring := func() importer.Run {
			t.Helper()
			r, err := h.Imports.Look(t.Context(), h.Admin, c.ID, "proj/web-shop")
			if err != nil || r.State != importer.Preview || r.Count != 120 || r.Cut {
				t.Fatalf("%+v %v", r, err)
			}
			even, odd := r.Items[0], r.Items[119]
			if even.Kind != "boolean" || even.Variations[0].Value != true || even.Description != "The flag 0" || strings.Join(even.Tags, " ") != "web from-split" || odd.Kind != "text" || len(odd.Variations) != 3 || odd.Key != "Flag_119" {
				t.Errorf("%+v %+v", even, odd)
			}
			if r, err = h.Imports.Start(t.Context(), h.Admin, r.ID); err != nil || r.State != importer.Running {
				t.Fatalf("%+v %v", r, err)
			}
			if _, err := h.Imports.Start(t.Context(), h.Admin, r.ID); problem.CodeOf(err) != "import_started" {
				t.Error(err)
			}
			h.Until("it is done", func() bool {
				if r, err = h.Imports.Get(t.Context(), h.Admin, r.ID); err != nil {
					t.Fatal(err)
				}
				return r.State != importer.Running
			})
			return r
		}
		if r := bring(); r.State != importer.Done || len(r.Made) != 120 || len(r.There) != 0 || len(r.Refused) != 0 {
			t.Errorf("%+v", r)
		}
		if r := bring(); r.State != importer.Done || len(r.Made) != 0 || len(r.There) != 120 {
			t.Errorf("%+v", r)
		}
		if all, err := h.Imports.List(t.Context(), h.Admin, c.ID); err != nil || len(all) != 2 || all[0].Items != nil || all[0].Count != 120 {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// What the partner answers, and who may.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Published("split")
	c := h.Configure(i, filled)
	look := func(want string) {
		t.Helper()
		if _, err := h.Imports.Look(t.Context(), h.Admin, c.ID, "proj/web"); problem.CodeOf(err) != want || err != nil && strings.Contains(err.Error(), "4711") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, f := range []func(http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		func(w http.ResponseWriter) { w.Header().Set("Location", "https://evil.example"); w.WriteHeader(302) },
		func(w http.ResponseWriter) { _, _ = io.WriteString(w, "no JSON") },
		func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"objects":[`+strings.Repeat(" ", 5<<20)+`]}`) },
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		h.Handle(func(w http.ResponseWriter, _ capabilitytest.Received) { f(w) })
		look("import_unread")
	}
	h.Handle(split(t, 5000))
	r, err := h.Imports.Look(t.Context(), h.Admin, c.ID, "proj/web")
	if err != nil || r.Count != 1000 || !r.Cut {
		t.Errorf("%d %v", r.Count, err)
	}
	if _, err := h.Imports.Look(t.Context(), h.Admin, c.ID, "proj;x"); problem.CodeOf(err) != "import_invalid" {
		t.Error(err)
	}
	other, _ := h.Customer("other", account.Production)
	own := access.Principal{Kind: access.KindIntegration, Account: h.Account.ID.String(), Installation: i.ID.String(), Grant: i.Grant}
	for who, by := range map[string]access.Principal{"another account": other, "the developer": h.Developer, "the integration": own, "nobody": {}} {
		_, look := h.Imports.Look(t.Context(), by, c.ID, "proj/web")
		_, get := h.Imports.Get(t.Context(), by, r.ID)
		_, start := h.Imports.Start(t.Context(), by, r.ID)
		_, list := h.Imports.List(t.Context(), by, c.ID)
		for _, err := range []error{look, get, start, list} {
			if problem.CodeOf(err) != "not_found" {
				t.Errorf("%s: %v", who, err)
			}
		}
	}
	no := false
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &no}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Imports.Start(t.Context(), h.Admin, r.ID); problem.CodeOf(err) != "capability_off" {
		t.Error(err)
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Imports.Get(t.Context(), h.Admin, r.ID); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}
