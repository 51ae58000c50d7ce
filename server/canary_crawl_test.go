package server_test

import (
	"encoding/json"
	"html"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server/servertest"
)

// ownLinks are the addresses of ours that a page leads to. An expression would do; over hundreds of pages it takes half a
// minute where races are watched.
func ownLinks(page string) []string {
	var out []string
	for _, mark := range []string{`href="/`, `src="/`, `action="/`} {
		for rest := page; ; {
			_, after, found := strings.Cut(rest, mark)
			if !found {
				break
			}
			if end := strings.IndexAny(after, `"#`); end >= 0 {
				out = append(out, "/"+after[:end])
			}
			rest = after
		}
	}
	return out
}

// idInPath makes pages about things of one kind count as one kind of page.
var idInPath = regexp.MustCompile(`[a-z]{3}_[0-9a-z]{26}`)

// pages walks through the console as each of the four kinds of people and as
// nobody, along every link, and looks for secrets.
func (a *aviary) pages() {
	a.t.Helper()
	const most, ofOneKind = 400, 3
	all := 0
	for who, cookie := range a.people {
		seen, kinds := map[string]bool{"/": true}, map[string]int{}
		for next := []string{"/"}; len(next) > 0 && len(seen) < most; next = next[1:] {
			res := a.api(cookie, a.URL+next[0])
			a.found("the page "+next[0]+" of the "+who, res.Body)
			if res.Status >= 500 {
				a.t.Errorf("%s as %s: %d", next[0], who, res.Status)
			}
			all++
			if to := res.Header.Get("Location"); strings.HasPrefix(to, "/") {
				res.Body = append(res.Body, `href="`+to+`"`...)
			}
			for _, link := range ownLinks(string(res.Body)) {
				to := html.UnescapeString(link)
				kind := idInPath.ReplaceAllString(strings.SplitN(to, "?", 2)[0], "id")
				if strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/assets/") || seen[to] || kinds[kind] >= ofOneKind {
					continue
				}
				kinds[kind]++
				seen[to] = true
				next = append(next, to)
			}
		}
	}
	a.t.Logf("%d pages", all)
	if all < 80 {
		a.t.Errorf("only %d pages were found", all)
	}
}

// api gets something as somebody, without following where it leads.
func (a *aviary) api(cookie *http.Cookie, address string) servertest.Answer {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	a.must(err)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	h := *a.House
	h.Client = &http.Client{Transport: a.Client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return h.Do(r)
}

// answers reads everything that our API gives, with the ids that its own answers
// name, and looks for secrets.
func (a *aviary) answers() {
	a.t.Helper()
	var doc struct {
		Paths map[string]map[string]operation
	}
	a.must(json.Unmarshal(a.api(nil, a.URL+"/openapi.json").Body, &doc))
	read := 0
	for path, item := range doc.Paths {
		if _, ok := item["get"]; !ok {
			continue
		}
		missing := ""
		filled := parameters.ReplaceAllStringFunc(path, func(p string) string {
			id, ok := a.ids[strings.Trim(p, "{}")]
			if !ok {
				missing = p
			}
			return id
		})
		if missing != "" {
			continue
		}
		for who, cookie := range a.people {
			res := a.api(cookie, a.URL+filled)
			a.found("GET "+path+" as "+who, res.Body)
			if res.Status == http.StatusOK {
				read++
			}
		}
	}
	a.t.Logf("%d answers", read)
	if read < 60 {
		a.t.Errorf("only %d answers were read", read)
	}
}

// L-01 on PostgreSQL: its dump holds no secret either.
func TestL01_NoSecretIsInADumpOfPostgreSQL(t *testing.T) {
	storetest.NeedPostgres(t)
	t.Parallel()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(found) == 0 {
		testenv.Lacks(t, "pg_dump is not on this machine; it comes with PostgreSQL")
		return
	}
	slices.Sort(found)
	database := storetest.PostgresURL(t)
	a := newAviary(t, storetest.Again(t, database, nil))
	a.use()
	a.settle()
	dump, err := exec.CommandContext(t.Context(), found[len(found)-1], database).Output()
	a.must(err)
	if !strings.Contains(string(dump), a.ids["private_integration"]) {
		t.Fatal("the dump holds nothing of this test")
	}
	a.found("the dump", dump)
}
