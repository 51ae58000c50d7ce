package checklist_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server/servertest"
	"golang.org/x/net/publicsuffix"
)

// The icons that a published package names were not copied with it.
const icon = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>`

// publishedPackage is a folder of the corpus as an archive, with stand-ins for icons.
func publishedPackage(t *testing.T, dir string) (manifest.Package, []byte) {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := manifest.Parse(filepath.Base(dir), files["manifest.json"])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{r.Package.Listing.Icons.Square, r.Package.Listing.Icons.Horizontal} {
		files[name] = []byte(icon)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return r.Package, b.Bytes()
}

// submitted is one published integration on its way through the checklist.
type submitted struct {
	key     string
	app     application.Application
	version release.Version
	site    string
}

// register makes an application of a published integration as its developers would.
func (h *house) register(key string, p manifest.Package, archive []byte) submitted {
	h.T.Helper()
	ctx := h.T.Context()
	out := submitted{key: key}
	if u, err := url.Parse(p.Listing.Links.Site); err == nil {
		out.site, _ = publicsuffix.EffectiveTLDPlusOne(u.Hostname())
	}
	name := []rune(p.Listing.Name + " " + key)
	var err error
	out.app, err = h.Applications.Register(ctx, h.dan, h.team.ID.String(), application.Draft{Name: string(name[:min(len(name), application.NameMost)]),
		Description: "A published integration.", Homepage: p.Listing.Links.Site, Support: p.Listing.SupportEmail})
	h.ok(err)
	out.version, err = h.Releases.Draft(ctx, h.dan, out.app.ID, release.Content{Number: "1.0.0"})
	h.ok(err)
	if _, err = h.Releases.PutPackage(ctx, h.dan, out.version.ID, release.Archive{Key: key, Data: archive}); err != nil {
		h.T.Fatalf("%s: %v", key, err)
	}
	return out
}

// Must show: every published integration, handed in as an application. What fails
// before its developers have done anything is what they have not done; the warnings
// of the packages are the known oddities; and with a documentation, the domain proven
// and a trial in a sandbox, all of them pass, are approved, and can be installed.
func TestPublishedIntegrationsPassTheChecklist(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(servertest.Corpus(t, "..", "launchdarkly/integrations") + "/*")
	if err != nil || len(dirs) != 65 {
		t.Fatalf("%d integrations, %v", len(dirs), err)
	}
	h := start(t)
	h.world.Everybody(func(w http.ResponseWriter, r *http.Request) { page(w, r) })
	admin, customer := h.Customer("harbour", account.Production)
	owned, found := map[string]bool{}, map[string]int{}
	for _, dir := range dirs {
		key := filepath.Base(dir)
		p, archive := publishedPackage(t, dir)
		s := h.register(key, p, archive)
		c := h.run(s.version)
		failed := []string{}
		for _, i := range c.Run.Items {
			if i.Outcome == checklist.Failed {
				failed = append(failed, i.Code)
			}
		}
		want := []string{checklist.CodeContact, checklist.CodeRemoved, checklist.CodeSite}
		if p.Listing.Links.Docs.Or("") != "" {
			want = want[1:]
		}
		if owned[s.site] {
			want = slices.DeleteFunc(want, func(c string) bool { return c == checklist.CodeSite })
		}
		slices.Sort(failed)
		slices.Sort(want)
		if !slices.Equal(failed, want) {
			t.Errorf("%s: %v fail, want %v", key, failed, want)
		}
		pack := find(t, c, checklist.CodePackage)
		for _, rule := range []string{"form.default-required", "form.optional-default", "template.json", "hook.deny-only"} {
			if n := strings.Count(strings.Join(pack.Evidence, "\n"), rule+","); n > 0 {
				found[rule+" "+key] = n
			}
		}
		if looks := pack.Outcome == checklist.Look; looks != slices.Contains([]string{"akamai-edgeworkers", "dynatrace-v2", "split"}, key) {
			t.Errorf("%s: %s %v", key, pack.Outcome, pack.Evidence)
		}
		h.mend(s, owned)
		i, err := h.Integrations.Install(t.Context(), admin, customer.ID, integration.Order{ApplicationID: s.app.PublicID})
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if _, err = h.Integrations.Remove(t.Context(), admin, i.ID, "Makes room within the group's quota."); err != nil {
			t.Error(err)
		}
	}
	// What the reference says about the published manifests (sections 1.9 and 1.11).
	want := map[string]int{"form.default-required akamai-edgeworkers": 1, "form.optional-default vercel": 1, "form.optional-default servicenow-c0": 1,
		"form.optional-default servicenow-normal": 2, "template.json split": 1}
	if !maps.Equal(found, want) {
		t.Errorf("found %v\nwant  %v", found, want)
	}
}

// mend does what is missing, and takes the version through its review.
func (h *house) mend(s submitted, owned map[string]bool) {
	h.T.Helper()
	ctx := h.T.Context()
	guide := "# Setting it up\n\nInstall it, then fill in the form."
	_, err := h.Listings.Update(ctx, h.dan, s.app.ID, listing.Edit{Documentation: &guide})
	h.ok(err)
	if s.site != "" && !owned[s.site] {
		h.own(s.site)
		owned[s.site] = true
	}
	i, err := h.Integrations.Install(ctx, access.System("test"), h.lab.ID, integration.Order{ApplicationID: s.app.PublicID})
	h.ok(err)
	h.remove(i)
	h.run(s.version)
	if _, err = h.Releases.SubmitVersion(ctx, h.dan, s.version.ID, release.Everybody); err != nil {
		h.T.Errorf("%s: %v %s", s.key, err, reasonsOf(err))
		return
	}
	_, err = h.Checklists.Review(ctx, h.olga, s.version.ID, fine())
	h.ok(err)
	if _, err = h.Releases.DecideVersion(ctx, h.olga, s.version.ID, release.Verdict{Approve: true}); err != nil {
		h.T.Errorf("%s: %v", s.key, err)
	}
}
