package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/guestright/guestright/server/servertest"
)

// visitor is somebody with a browser that runs no script: forms are sent as they
// stand on the page, with what was filled in. With a tab it is a real one.
type visitor struct {
	t    *testing.T
	home string
	http *http.Client
	tab  *window
}

func newVisitor(t *testing.T, h *servertest.House) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, home: h.URL, http: &http.Client{Jar: jar, Transport: h.Client.Transport}}
}

// seen is a page as it was read.
type seen struct {
	t      *testing.T
	status int
	path   string // where redirects led
	body   string
	root   *html.Node
}

func (v *visitor) do(r *http.Request) seen {
	v.t.Helper()
	res, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		v.t.Fatal(err)
	}
	return seen{t: v.t, status: res.StatusCode, path: res.Request.URL.Path, body: string(body), root: root}
}

func (v *visitor) get(path string) seen {
	v.t.Helper()
	if v.tab != nil {
		return v.tab.open(path)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.home+strings.TrimPrefix(path, v.home), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.do(r)
}

// send fills in the form on a page that posts to action, and follows where it leads.
func (v *visitor) send(on, action string, fields ...string) seen {
	v.t.Helper()
	page := v.get(on)
	form := page.find(func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == action })
	if form == nil {
		v.t.Fatalf("%s (%d) has no form to %s:\n%s", on, page.status, action, page.text())
	}
	if v.tab != nil {
		changes := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			changes.Add(fields[i], fields[i+1])
		}
		return v.tab.submit(action, changes)
	}
	values := filled(form)
	for i := 0; i < len(fields); i += 2 {
		values.Del(fields[i])
	}
	for i := 0; i < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.home+action, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", v.home)
	return v.do(r)
}

// filled is what a browser sends of a form that nobody has touched.
func filled(form *html.Node) url.Values {
	out := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			kind := attr(n, "type")
			if kind == "submit" || (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
				continue
			}
			out.Add(name, attr(n, "value"))
		case "textarea":
			out.Add(name, words(n))
		case "select":
			chosen, found := "", false // without a choice it is the first
			for o := range n.Descendants() {
				if o.Data == "option" && (!found || has(o, "selected")) {
					chosen, found = attr(o, "value"), true
				}
			}
			out.Add(name, chosen)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (s seen) find(is func(*html.Node) bool) *html.Node {
	for n := range s.root.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			return n
		}
	}
	return nil
}

func (s seen) text() string { return words(s.root) }

// says fails unless the page has all of the words.
func (s seen) says(all ...string) seen {
	s.t.Helper()
	text := s.text()
	for _, w := range all {
		if !strings.Contains(text, w) {
			s.t.Errorf("%s (%d) does not say %q:\n%s", s.path, s.status, w, text)
		}
	}
	return s
}

// at fails unless the page's address begins so.
func (s seen) at(prefix string) string {
	s.t.Helper()
	if s.status != http.StatusOK || !strings.HasPrefix(s.path, prefix) {
		s.t.Fatalf("%s (%d), want %s:\n%s", s.path, s.status, prefix, s.text())
	}
	return s.path
}

// link is where the link with these words leads.
func (s seen) link(text string) string {
	s.t.Helper()
	n := s.find(func(n *html.Node) bool { return n.Data == "a" && strings.Contains(words(n), text) })
	if n == nil {
		s.t.Fatalf("%s (%d) has no link %q:\n%s", s.path, s.status, text, s.text())
	}
	return attr(n, "href")
}
