package server_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// C01: no start with a master key that is empty, short, a default, or readable
// by others; nothing is written instead.
func TestC01WeakMasterKeys(t *testing.T) {
	t.Parallel()
	zero := base64.StdEncoding.EncodeToString(make([]byte, 32))
	same := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 32))
	good := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	for name, f := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"empty": {"", 0o600}, "comment only": {"# key\n", 0o600}, "zeros": {zero, 0o600}, "all alike": {same, 0o600}, "short": {"c2hvcnQ=", 0o600},
		"not base64": {"changeme", 0o600}, "long": {good + good, 0o600}, "readable by others": {good, 0o644}, "a weak one behind a good one": {good + "\n" + zero, 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cfg := server.Defaults()
			cfg.MasterKey, cfg.Database = dir+"/master.key", dir+"/guestright.db"
			if err := os.WriteFile(cfg.MasterKey, []byte(f.content), f.mode); err != nil {
				t.Fatal(err)
			}
			app, err := server.Open(t.Context(), cfg, server.Options{Catalog: servertest.PennantCatalog(t, "http://127.0.0.1:1")})
			if err == nil {
				_ = app.Close()
				t.Fatal("it starts")
			}
			if after, err := os.ReadFile(cfg.MasterKey); err != nil || string(after) != f.content {
				t.Errorf("the key file was changed: %q %v", after, err)
			}
		})
	}
}

// C03: what belongs on loopback, or behind TLS or a key, does not start without.
func TestC03OpenDoors(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*server.Config){
		"console without TLS":     func(c *server.Config) { c.Listen = "0.0.0.0:8480" },
		"gateway without TLS":     func(c *server.Config) { c.Gateway.Listen = ":8490" },
		"metrics":                 func(c *server.Config) { c.Watch.Listen = "0.0.0.0:8470" },
		"checks without key":      func(c *server.Config) { c.Checks.Listen = "10.0.0.1:8491" },
		"Envoy checks, no key":    func(c *server.Config) { c.Checks.GRPC = "[::]:8492" },
		"checks, family unknown":  func(c *server.Config) { c.Checks.Family = "both" },
		"everybody is a proxy":    func(c *server.Config) { c.Proxy.Trusted = []string{"0.0.0.0/0"} },
		"everybody may ask":       func(c *server.Config) { c.Checks.Trust = []string{"::/0"} },
		"public address in clear": func(c *server.Config) { c.URL = "http://integrations.example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := server.Defaults()
			change(&cfg)
			app, err := server.Open(t.Context(), cfg, server.Options{})
			if err == nil {
				_ = app.Close()
			}
			if problem.CodeOf(err) != "config_invalid" {
				t.Errorf("%v", err)
			}
		})
	}
	cfg := server.Defaults()
	if err := cfg.Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// C05: a cursor that was changed, cut, invented, or made for another list or
// another person opens nothing.
func TestC05ForgedCursors(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	c := &crawl{House: h, t: t}
	mine, theirs := c.tenant("a"), c.tenant("b")
	for _, who := range []*tenant{mine, theirs} {
		if _, err := h.Groups.Create(t.Context(), access.UserPrincipal(who.ids["user"], nil, nil), "Second of "+who.ids["user"]); err != nil {
			t.Fatal(err)
		}
	}
	next := func(who *tenant) string {
		a := c.send(http.MethodGet, "/v1/groups?limit=1", "", who.cookie)
		cursor, _ := a.JSON()["next"].(string)
		if a.Status != http.StatusOK || cursor == "" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return cursor
	}
	good, foreign := next(mine), next(theirs)
	if a := c.send(http.MethodGet, "/v1/groups?limit=1&cursor="+good, "", mine.cookie); a.Status != http.StatusOK || len(a.JSON()["items"].([]any)) != 1 {
		t.Fatalf("good cursor: %d %s", a.Status, a.Body)
	}
	invented := base64.RawURLEncoding.EncodeToString([]byte(`"` + mine.ids["group"] + `"`))
	for name, cursor := range map[string]string{
		"cut": good[:len(good)-3], "half": good[:len(good)/2], "one character changed": good[:20] + swap(good[20:21]) + good[21:], "another tenant's": foreign,
		"invented": invented, "SQL": "%27%20OR%201%3D1--", "JSON": "%7B%22after%22%3A%22%22%7D", "long": strings.Repeat("A", 3000), "NUL": "%00",
	} {
		a := c.send(http.MethodGet, "/v1/groups?limit=1&cursor="+cursor, "", mine.cookie)
		if a.Status < 400 || a.Status >= 500 || strings.Contains(string(a.Body), "items") {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if a := c.send(http.MethodGet, "/v1/accounts?limit=1&cursor="+good, "", mine.cookie); a.Status != http.StatusBadRequest || a.Code() != "cursor_invalid" {
		t.Errorf("cursor of another list: %d %s", a.Status, a.Body)
	}
}

func swap(s string) string {
	if s == "A" {
		return "B"
	}
	return "A"
}

// C07: a catalog or an API description that is huge, deep, says a key twice, or
// refers to itself is refused, or read without harm, in bounded time.
func TestC07HostileContent(t *testing.T) {
	t.Parallel()
	base := "product: {name: X}\n"
	for name, text := range map[string]string{
		"9 MiB":           base + "scopes:\n  a: {label: " + strings.Repeat("x", 9<<20) + "}\n",
		"depth 1,000":     base + "operations: " + strings.Repeat("{a: ", 1000) + "1" + strings.Repeat("}", 1000),
		"list depth":      base + "privileges: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		"duplicate key":   base + "scopes: {}\nscopes: {}\n",
		"duplicate inner": base + "scopes: {a: {label: A}, a: {label: B}}\n",
		"NaN":             base + "plans: {p: {label: P, sites: .nan, limits: []}}\n",
		"infinity":        base + "plans: {p: {label: P, sites: .inf, limits: []}}\n",
		"negative":        base + "plans: {p: {label: P, sites: -1, limits: []}}\n",
		"alias bomb":      base + "x: &a [x, x]\nscopes: {b: [*a, *a]}\n",
		"unknown key":     base + "scope: {}\n",
		"binary":          "\x00\x01\x02",
		"two documents":   base + "---\nproduct: {name: Y}\noperations: {x: 1}\n",
	} {
		if _, err := catalog.ParseFile([]byte(text)); err == nil && name != "two documents" {
			t.Errorf("catalog file, %s: accepted", name)
		}
	}
	big := base + "scopes:\n" + strings.Repeat("  # comment\n", 5<<20/12) + "  a: {label: A}\n"
	if _, err := catalog.ParseFile([]byte(big)); err != nil {
		t.Errorf("5 MiB of comments: %v", err)
	}
	head := "openapi: 3.0.3\ninfo: {title: X, version: '1'}\n"
	op := "paths: {/x: {get: {operationId: x, responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}}}\n"
	for name, d := range map[string]struct {
		text   string
		refuse bool
	}{
		"recursive schema":   {head + op + "components: {schemas: {A: {type: object, properties: {a: {$ref: '#/components/schemas/A'}}}}}\n", false},
		"circle":             {head + op + "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}}\n", false},
		"self":               {head + op + "components: {schemas: {A: {$ref: '#/components/schemas/A'}}}\n", false},
		"missing":            {head + op, false},
		"address":            {strings.Replace(head+op, "#/components/schemas/A", "http://127.0.0.1:1/a.yaml", 1), true},
		"file":               {strings.Replace(head+op, "#/components/schemas/A", "file:///etc/passwd", 1), true},
		"path out of folder": {strings.Replace(head+op, "#/components/schemas/A", "../../../etc/passwd", 1), true},
		"depth 200":          {head + "paths: {}\ncomponents: {schemas: {A: " + strings.Repeat("{type: array, items: ", 200) + "{}" + strings.Repeat("}", 200) + "}}\n", false},
		"not a description":  {"just text", true},
	} {
		set, err := catalog.Parse("x.yaml", []byte(d.text))
		if err == nil {
			var cat *catalog.Catalog
			cat, _, err = catalog.Import(set, catalog.File{Product: catalog.Product{Name: "X"}})
			if err == nil && len(cat.Routes()) > 0 {
				_, err = cat.Show(http.MethodGet, "/x")
			}
		}
		if d.refuse && err == nil {
			t.Errorf("description, %s: accepted", name)
		}
	}
}
