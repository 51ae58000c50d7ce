package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/catalog/profile"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/token"
)

// Every operation of three published API descriptions, through the real gateway:
// each minimal set of what it requires passes unchanged, each set short of one
// member is refused and says what is missing; what nobody has mapped is refused
// until it is declared, and then walked too.
func TestWalkEveryOperation(t *testing.T) {
	t.Parallel()
	for _, d := range []struct {
		name       string
		operations int
	}{{"highlevel", 576}, {"launchdarkly", 351}, {"blackboard", 248}} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			folder := servertest.Corpus(t, "..", "openapi/"+d.name)
			raw, _ := profile.Read(d.name)
			file, err := catalog.ParseFile(raw)
			if err != nil {
				t.Fatal(err)
			}
			set, err := catalog.Load(os.DirFS(folder), file.Product.Documents...)
			if err != nil {
				t.Fatal(err)
			}
			w := newWalk(t, set, file)
			if n := len(w.House.Catalog.Get().Routes()); n != d.operations {
				t.Errorf("%d operations, want %d", n, d.operations)
			}
			unmapped := w.all()
			if len(unmapped) == 0 {
				return
			}
			if file.Operations == nil {
				file.Operations = map[string]catalog.Override{}
			}
			for _, r := range unmapped {
				file.Operations[r.Method+" "+r.Template] = catalog.Override{Needs: "scope:fixture.call and (fixture.read or fixture.admin)"}
			}
			w.swap(set, file)
			declared := w.House.Catalog.Get()
			for _, r := range unmapped {
				now, ok := declared.Route(r.Operation)
				if !ok || now.Unmapped() {
					t.Errorf("%s %s is still unmapped", r.Method, r.Template)
					continue
				}
				w.mapped(now)
			}
			t.Logf("%d operations walked, %d of them declared by the fixture, %d calls", d.operations, len(unmapped), w.calls)
		})
	}
}

type walk struct {
	*servertest.House
	t        *testing.T
	upstream string
	account  account.Account
	calls    int
	tokens   map[string]string // by what the grant carries

	mu   sync.Mutex
	seen string // what the product saw last
}

func newWalk(t *testing.T, set catalog.Set, file catalog.File) *walk {
	t.Helper()
	w := &walk{t: t, tokens: map[string]string{}}
	product := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body := make([]byte, 64)
		n, _ := r.Body.Read(body)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = r.Method + " " + r.RequestURI + " " + string(body[:n])
	}))
	t.Cleanup(product.Close)
	w.upstream = product.URL
	w.House = servertest.Start(t, servertest.Options{Catalog: w.catalog(set, file)})
	_, w.account = w.House.Customer("Val-1", account.Production) // the value that fill puts into every parameter
	return w
}

func (w *walk) catalog(set catalog.Set, file catalog.File) *catalog.Catalog {
	w.t.Helper()
	file.Product.Upstreams = map[string]string{"default": w.upstream}
	// Limits are not what is walked here.
	file.Plans = map[string]catalog.Plan{"development": {Sites: 10, Limits: []catalog.Limit{{Calls: 1 << 40, Per: catalog.Period(1e9)}}}}
	cat, _, err := catalog.Import(set, file)
	if err != nil {
		w.t.Fatal(err)
	}
	return cat
}

func (w *walk) swap(set catalog.Set, file catalog.File) {
	w.t.Helper()
	if err := w.House.Swap(w.catalog(set, file)); err != nil {
		w.t.Fatal(err)
	}
}

// all walks every route and returns those that nobody has mapped.
func (w *walk) all() []*catalog.Route {
	var unmapped []*catalog.Route
	everything := w.token([]access.Atom{{Kind: access.KindScope, Name: "whatever"}, {Kind: access.KindEntitlement, Name: "*"}})
	for _, r := range w.House.Catalog.Get().Routes() {
		switch {
		case r.Internal:
			if a := w.call(everything, r); a.Status != http.StatusNotFound {
				w.t.Errorf("internal %s %s: %d", r.Method, r.Template, a.Status)
			}
		case r.Public:
			w.passes(everything, r)
		case r.Unmapped():
			unmapped = append(unmapped, r)
			if a := w.call(everything, r); a.Status != http.StatusForbidden || a.Code() != "operation_unmapped" {
				w.t.Errorf("unmapped %s %s: %d %s", r.Method, r.Template, a.Status, a.Body)
			}
		default:
			w.mapped(r)
		}
	}
	return unmapped
}

func (w *walk) mapped(r *catalog.Route) {
	shown, err := w.House.Catalog.Get().Show(r.Method, r.Template)
	if err != nil || !shown.Needs.Equal(r.Needs) {
		w.t.Errorf("show %s %s: %v %v, enforced is %v", r.Method, r.Template, shown.Needs, err, r.Needs)
	}
	for _, set := range r.Needs.Minimal() {
		w.passes(w.token(set), r)
		for i := range set {
			short := slices.Delete(slices.Clone(set), i, i+1)
			w.refused(w.token(short), r, short)
		}
	}
}

func (w *walk) passes(token string, r *catalog.Route) {
	a := w.call(token, r)
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	want := r.Method + " " + fill(r.Template) + query + " " + body(r.Method)
	if a.Status != http.StatusOK || seen != want {
		w.t.Errorf("%s %s: %d %s; the product saw %q, want %q", r.Method, r.Template, a.Status, a.Body, seen, want)
	}
}

func (w *walk) refused(token string, r *catalog.Route, have []access.Atom) {
	w.mu.Lock()
	w.seen = ""
	w.mu.Unlock()
	a := w.call(token, r)
	want := r.Needs.Missing(func(at access.Atom) bool { return slices.Contains(have, at) })
	var got struct {
		Code         string
		Missing      []string
		Alternatives [][]string
	}
	if err := json.Unmarshal(a.Body, &got); err != nil {
		w.t.Errorf("%s %s: %v", r.Method, r.Template, err)
		return
	}
	names := make([][]string, len(want))
	for i, set := range want {
		for _, at := range set {
			names[i] = append(names[i], at.Name)
		}
	}
	if a.Status != http.StatusForbidden || got.Code != "scope_missing" && got.Code != "permission_denied" ||
		fmt.Sprint(got.Alternatives) != fmt.Sprint(names) || fmt.Sprint(got.Missing) != fmt.Sprint(names[0]) {
		w.t.Errorf("%s %s with %v: %d %s missing %v of %v, want %v", r.Method, r.Template, have, a.Status, got.Code, got.Missing, got.Alternatives, names)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen != "" {
		w.t.Errorf("%s %s: refused, but the product saw %q", r.Method, r.Template, w.seen)
	}
}

const query = "?page=2&name=%C3%A9"

func body(method string) string {
	if method == http.MethodGet || method == http.MethodHead {
		return ""
	}
	return `{"note":"unchanged"}`
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// fill puts a value in place of each parameter of a template.
func fill(template string) string { return parameter.ReplaceAllString(template, "Val-1") }

func (w *walk) call(token string, r *catalog.Route) servertest.Answer {
	w.calls++
	req, err := http.NewRequestWithContext(w.t.Context(), r.Method, w.House.Gateway+fill(r.Template)+query, strings.NewReader(body(r.Method)))
	if err != nil {
		w.t.Fatal(err)
	}
	if body(r.Method) == "" {
		req.Body, req.ContentLength = nil, 0
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return w.House.Do(req)
}

// token makes a grant that carries exactly the atoms, and a token for it.
func (w *walk) token(atoms []access.Atom) string {
	w.t.Helper()
	name := fmt.Sprint(atoms)
	if raw, ok := w.tokens[name]; ok {
		return raw
	}
	var scopes, entitlements []string
	for _, a := range atoms {
		if a.Kind == access.KindScope {
			scopes = append(scopes, a.Name)
		} else {
			entitlements = append(entitlements, a.Name)
		}
	}
	policy := access.Policy{}
	if len(entitlements) > 0 {
		policy = access.Policy{{Effect: access.Allow, Actions: entitlements, Resources: []string{"*"}}}
	}
	var raw string
	err := w.House.DB.Write(w.t.Context(), func(tx *store.Tx) error {
		g, err := w.House.Grants.Create(tx, grant.Grant{Kind: grant.KindService, Account: w.account.ID.String(), Holder: "service/walk",
			Scopes: scopes, Layers: [][]access.Policy{{policy}}, Subject: "walker", SubjectKey: "walker"})
		if err != nil {
			return err
		}
		issued, err := w.House.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Static})
		raw = issued.Secret.Reveal()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tokens[name] = raw
	return raw
}
