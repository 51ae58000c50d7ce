package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server/servertest"
)

// office is a platform, a developer who can sign in, and a folder with one
// integration.
type office struct {
	*servertest.House
	dev   access.Principal
	group group.Group
	dir   string
}

const officePass = "seven grey herons on the pier"

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{House: servertest.Start(t, servertest.Options{}), dir: filepath.Join(t.TempDir(), "harbour-watch")}
	u, err := o.Identity.Enrol(t.Context(), access.System("test"), identity.Newcomer{Email: "dev@example.com", Name: "Dev", Password: secret.New(officePass)})
	if err != nil {
		t.Fatal(err)
	}
	if o.group, err = o.Groups.Create(t.Context(), access.UserPrincipal(u.ID.String(), nil, nil), "Harbour Tools"); err != nil {
		t.Fatal(err)
	}
	o.dev = access.UserPrincipal(u.ID.String(), map[string]string{o.group.ID.String(): access.GroupOwner}, nil)
	if code, said := o.run("new", o.dir); code != 0 {
		t.Fatal(said)
	}
	return o
}

func (o *office) session() string {
	o.T.Helper()
	st, err := o.Identity.SignIn(o.T.Context(), identity.SignIn{Email: "dev@example.com", Password: secret.New(officePass)}, identity.Visit{})
	if err != nil {
		o.T.Fatal(err)
	}
	return st.Token.Reveal()
}

func (o *office) run(args ...string) (int, string) {
	var out bytes.Buffer
	code := execute(&world{ctx: context.Background(), out: &out, errw: &out, in: strings.NewReader("")}, append([]string{"integration"}, args...))
	return code, out.String()
}

// imports runs the command as the developer, with the arguments given.
func (o *office) imports(args ...string) (int, string) {
	o.T.Helper()
	return o.run(append([]string{"import", "--url", o.URL, "--token=" + o.session(), "--group", o.group.ID.String()}, args...)...)
}

func (o *office) edit(old, new string) {
	o.T.Helper()
	path := filepath.Join(o.dir, "manifest.json")
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), old) {
		o.T.Fatal(old, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, new)), 0o600); err != nil {
		o.T.Fatal(err)
	}
}

// made is what there is after a command.
func (o *office) made() ([]application.Application, []release.Version) {
	o.T.Helper()
	apps, err := o.Applications.List(o.T.Context(), o.dev, o.group.ID.String())
	if err != nil {
		o.T.Fatal(err)
	}
	var versions []release.Version
	for _, a := range apps {
		got, err := o.Releases.List(o.T.Context(), o.dev, a.ID)
		if err != nil {
			o.T.Fatal(err)
		}
		versions = append(versions, got...)
	}
	return apps, versions
}

// A folder becomes a version; again, and its draft is another; published, and it
// stays.
func TestIntegrationImport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	code, said := o.imports(o.dir)
	apps, versions := o.made()
	if code != 0 || len(apps) != 1 || len(versions) != 1 {
		t.Fatalf("%d %s", code, said)
	}
	a, v := apps[0], versions[0]
	for _, want := range []string{"version 0.1.0 is a draft", a.ID.String(), v.ID.String(), a.PublicID, o.URL + "/install/" + a.PublicID} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	if a.Name != "Harbour watch" || a.Support != "support@example.com" || a.Homepage != "https://example.com/" || v.Number != "0.1.0" || v.State != release.Draft {
		t.Errorf("%+v\n%+v", a, v)
	}
	first, err := o.Releases.Package(t.Context(), o.dev, v.ID)
	if err != nil || first.Key != "harbour-watch" {
		t.Fatal(first, err)
	}

	o.edit("Your company", "Harbour Tools")
	code, said = o.imports("--json", "--publish", "--scope", "flags.read=Shows the flags; all of them, each day.", o.dir)
	var doc struct{ Packages []imported }
	if err := json.Unmarshal([]byte(said), &doc); err != nil || code != 0 || len(doc.Packages) != 1 {
		t.Fatalf("%d %s %v", code, said, err)
	}
	got := doc.Packages[0]
	if got.Application != a.ID.String() || got.Version != v.ID.String() || got.State != "live" || got.Digest == first.Digest || got.Key != "harbour-watch" {
		t.Errorf("%+v", got)
	}
	if _, versions := o.made(); len(versions) != 1 || len(versions[0].Required) != 1 || versions[0].Required[0].Purpose != "Shows the flags; all of them, each day." {
		t.Errorf("%+v", versions)
	}

	if code, said := o.imports(o.dir); code != exitFailed || !strings.Contains(said, "version 0.1.0 of Harbour watch is released and never changes") {
		t.Errorf("%d %s", code, said)
	}
	code, said = o.run("import", "--url", o.URL, "--token="+o.session(), "--application", a.ID.String(), "--number", "0.2.0", "--notes", "Quicker.", o.dir)
	if _, versions := o.made(); code != 0 || len(versions) != 2 || versions[0].Notes != "Quicker." || !strings.Contains(said, "version 0.2.0 is a draft") {
		t.Errorf("%d %s", code, said)
	}
}

// With address and password the session lasts for the command only.
func TestIntegrationImportSignsIn(t *testing.T) {
	t.Setenv("GUESTRIGHT_PASSWORD", officePass)
	o := newOffice(t)
	code, said := o.run("import", "--url", o.URL, "--email", "dev@example.com", "--group", o.group.ID.String(), o.dir)
	if code != 0 || !strings.Contains(said, "0.1.0 is a draft") {
		t.Fatalf("%d %s", code, said)
	}
	if a := o.sessions(); a != 0 {
		t.Errorf("%d sessions are left", a)
	}
	t.Setenv("GUESTRIGHT_PASSWORD", "wrong")
	if code, said := o.run("import", "--url", o.URL, "--email", "dev@example.com", o.dir); code != exitFailed || !strings.Contains(said, "(sign_in_failed)") {
		t.Errorf("%d %s", code, said)
	}
}

func (o *office) sessions() int {
	o.T.Helper()
	var n int
	err := o.DB.Read(o.T.Context(), func(tx *store.Tx) error {
		return tx.QueryRowContext(tx.Ctx, "SELECT COUNT(*) FROM identity_session").Scan(&n)
	})
	if err != nil {
		o.T.Fatal(err)
	}
	return n
}

// Nothing is sent unless all packages are sound, and a refusal says why.
func TestIntegrationImportRefusals(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := filepath.Join(filepath.Dir(o.dir), "pier")
	if code, said := o.run("new", other); code != 0 {
		t.Fatal(said)
	}
	o.edit("Send every change to Harbour watch.", "Send every change")
	code, said := o.imports(other, o.dir)
	if apps, _ := o.made(); code != exitFailed || !strings.Contains(said, "listing.tagline-stop") || len(apps) != 0 {
		t.Errorf("%d %s", code, said)
	}
	o.edit("Send every change", "Send every change.")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such folder":   {[]string{"--token", "x", filepath.Join(o.dir, "nowhere")}, exitMisused, "nowhere"},
		"nobody":           {[]string{o.dir}, exitMisused, "GUESTRIGHT_TOKEN"},
		"a strange token":  {[]string{"--token", "a b", o.dir}, exitMisused, "copy it again"},
		"an ended session": {[]string{"--token", "ended", "--group", o.group.ID.String(), o.dir}, exitFailed, "unauthenticated"},
		"a bad bearer":     {[]string{"--token", "grpt_none", "--group", o.group.ID.String(), o.dir}, exitFailed, "(invalid_token)"},
		"no purpose":       {[]string{"--token", "x", "--scope", "flags.read", o.dir}, exitMisused, "NAME=PURPOSE"},
		"two for one":      {[]string{"--token", "x", "--application", "app_x", o.dir, other}, exitMisused, "takes one package"},
		"an unknown scope": {[]string{"--token=" + o.session(), "--group", o.group.ID.String(), "--scope", "boats.sink=Sinks them.", o.dir}, exitFailed, "/required/0/scope: The product has no such scope."},
		"another's group":  {[]string{"--token=" + o.session(), "--group", "grp_01j00000000000000000000000", o.dir}, exitFailed, "(not_found)"},
	} {
		code, said := o.run(append([]string{"import", "--url", o.URL}, c.args...)...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
	if code, said := o.run("import", "--url", "http://platform.example", "--token", "x", o.dir); code != exitMisused || !strings.Contains(said, "without TLS") {
		t.Errorf("%d %s", code, said)
	}
	if code, said := o.run("import", "--url", "http://127.0.0.1:1", "--token", "x", o.dir); code != exitFailed || !strings.Contains(said, "can't be reached") {
		t.Errorf("%d %s", code, said)
	}
	if code, said := o.run("import", "--url", o.Watch, "--token", "x", o.dir); code != exitFailed || !strings.Contains(said, "no Guestright") {
		t.Errorf("%d %s", code, said)
	}
}
