package release_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/lint"
	"github.com/guestright/guestright/manifest/view"
	"github.com/guestright/guestright/release"
)

func zipped(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sample is a sound package in our own form; change replaces text in its files.
func sample(t testing.TB, change ...string) []byte {
	t.Helper()
	files, err := lint.Scaffold("harbour-watch")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		files[name] = []byte(strings.NewReplacer(change...).Replace(string(data)))
	}
	return zipped(t, files)
}

func (h *house) bare(number string) release.Version {
	h.t.Helper()
	v, err := h.Draft(ctx, h.ada, h.app.ID, release.Content{Number: number})
	h.code("a draft without scopes", err, "")
	return v
}

func (h *house) packed(version string) *release.Packed {
	h.t.Helper()
	var out *release.Packed
	err := h.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = h.Packed(tx, version)
		return err
	})
	h.code("packed", err, "")
	return out
}

func TestTheLifeOfAPackage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		v := h.bare("1.0.0")
		_, err := h.Publish(ctx, h.ada, v.ID)
		h.code("neither scopes nor package", err, "version_invalid")
		_, err = h.Package(ctx, h.ada, v.ID)
		h.code("there is none", err, "not_found")
		h.code("nothing to remove", h.RemovePackage(ctx, h.ada, v.ID), "not_found")
		if h.packed(v.ID.String()) != nil {
			t.Error("a version without a package has one")
		}

		put, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("put", err, "")
		if put.Key != "deploybot" || put.Compatible || !slices.Equal(put.Capabilities, []string{"eventHook"}) || put.Version != v.ID || put.CreatedBy != h.ada.Subject() {
			t.Errorf("put: %+v", put)
		}
		got, data, err := h.PackageArchive(ctx, h.ada, v.ID)
		h.code("download", err, "")
		if got.Digest != put.Digest || int64(len(data)) != got.Size || got.Key != put.Key || len(got.Findings) != len(put.Findings) || !got.Created.Equal(put.Created) {
			t.Errorf("%+v\n%+v", got, put)
		}
		again, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Key: "harbour-watch", Data: data})
		h.code("what was downloaded", err, "")
		if again.Digest != put.Digest || again.Key != "harbour-watch" {
			t.Errorf("again: %+v", again)
		}
		ready := h.packed(v.ID.String())
		if ready == nil || ready.Key != "harbour-watch" || ready.Manifest.Key != ready.Key || ready.Version != v.ID.String() || ready.Set == nil || h.packed(v.ID.String()) != ready {
			t.Errorf("open: %+v", ready)
		}
		later := h.bare("1.1.0")
		next, err := h.PutPackage(ctx, h.ada, later.ID, release.Archive{Data: sample(t, "Harbour watch", "Harbour bell")})
		h.code("a later version", err, "")
		if next.Key != "harbour-watch" || next.Digest == put.Digest {
			t.Errorf("the key is kept: %+v", next)
		}
		h.code("remove", h.RemovePackage(ctx, h.ada, later.ID), "")
		if h.packed(later.ID.String()) != nil {
			t.Error("it is still there")
		}

		_, err = h.Publish(ctx, h.ada, v.ID)
		h.code("publish", err, "")
		_, err = h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
		h.code("a released version", err, "version_not_draft")
		h.code("a released version", h.RemovePackage(ctx, h.ada, v.ID), "version_not_draft")
		if now := h.packed(v.ID.String()); now != ready {
			t.Error("the released package has changed")
		}
		h.logged("version.package", "version.package", "version.package", "version.remove_package")
	})
}

// logged looks for entries about packages, the oldest first, without their bytes.
func (h *house) logged(want ...string) {
	h.t.Helper()
	page, err := h.Audit.List(ctx, h.ada, audit.Filter{Group: h.app.Group}, 0)
	h.code("log", err, "")
	var got []string
	for _, e := range slices.Backward(page.Entries) {
		if strings.Contains(e.Action, "package") {
			got = append(got, e.Action)
			if len(e.After) > 400 || e.Action == "version.package" && !strings.Contains(string(e.After), `"digest"`) {
				h.t.Errorf("%s: %s", e.Action, e.After)
			}
		}
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("log: %v", got)
	}
}

// Other developers do not learn that it exists; members of the group look only.
func TestWhoMayDoWhatWithAPackage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	v := h.bare("1.0.0")
	_, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
	h.code("put", err, "")
	member := access.UserPrincipal("usr_m", map[string]string{h.app.Group: access.GroupMember}, nil)
	stranger := access.UserPrincipal("usr_s", map[string]string{"grp_other": access.GroupOwner}, nil)
	for who, c := range map[string]struct {
		by          access.Principal
		read, write string
	}{"member": {member, "", "forbidden"}, "stranger": {stranger, "not_found", "not_found"}, "nobody": {access.Principal{}, "not_found", "not_found"}} {
		_, err := h.Package(ctx, c.by, v.ID)
		h.code(who+" reads", err, c.read)
		_, _, err = h.PackageArchive(ctx, c.by, v.ID)
		h.code(who+" downloads", err, c.read)
		_, err = h.PutPackage(ctx, c.by, v.ID, release.Archive{Data: []byte("no archive: nobody looks at it")})
		h.code(who+" puts", err, c.write)
		h.code(who+" removes", h.RemovePackage(ctx, c.by, v.ID), c.write)
	}
}

func TestPackagesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	v := h.bare("1.0.0")
	_, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Data: sample(t)})
	h.code("put", err, "")
	for name, c := range map[string]struct {
		archive release.Archive
		code    string
		field   problem.Field // without its detail
	}{
		"nothing":       {release.Archive{}, "package_unreadable", problem.Field{}},
		"text":          {release.Archive{Data: []byte("hello")}, "package_unreadable", problem.Field{}},
		"cut":           {release.Archive{Data: sample(t)[:200]}, "package_unreadable", problem.Field{}},
		"no JSON":       {release.Archive{Data: zipped(t, map[string][]byte{"manifest.json": []byte("{")})}, "package_unreadable", problem.Field{}},
		"no manifest":   {release.Archive{Data: zipped(t, map[string][]byte{"readme.md": []byte("x")})}, "package_invalid", problem.Field{Pointer: "manifest.json", Code: "package.no-manifest"}},
		"a way out":     {release.Archive{Data: zipped(t, map[string][]byte{"manifest.json": []byte("{}"), "../x": nil})}, "package_invalid", problem.Field{Pointer: "../x", Code: "package.path"}},
		"unknown field": {release.Archive{Data: sample(t, "{{config.token}}", "{{config.nobody}}")}, "package_invalid", problem.Field{Pointer: "/eventHooks/0/endpoint/headers/1/value", Code: "hook.request-strict"}},
		"a bad key":     {release.Archive{Key: "Harbour Watch", Data: sample(t)}, "package_invalid", problem.Field{Pointer: "query/key", Code: "key_invalid"}},
	} {
		_, err := h.PutPackage(ctx, h.ada, v.ID, c.archive)
		h.code(name, err, c.code)
		fields := problem.Of(err).Fields
		i := slices.IndexFunc(fields, func(f problem.Field) bool {
			return f.Pointer == c.field.Pointer && f.Code == c.field.Code && f.Detail != ""
		})
		if (c.field != problem.Field{}) && i < 0 {
			t.Errorf("%s: %+v", name, fields)
		}
	}
	if p := h.packed(v.ID.String()); p == nil || p.Key != "deploybot" {
		t.Errorf("the package that was there: %+v", p)
	}
}

// Of what was published elsewhere every package can be put into a version, comes
// back the same, and makes its calls. Icons are not in the collection.
func TestPublishedPackages(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("../../shared/corpus/launchdarkly/integrations/*")
	if err != nil || len(dirs) == 0 {
		testenv.Lacks(t, "the published manifests are not there")
	}
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	v := h.bare("1.0.0")
	event, _ := fixture.Event("flag")
	change, host := view.Read(event)
	for _, dir := range dirs {
		key := filepath.Base(dir)
		files := map[string][]byte{}
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(filepath.Join(dir, name))
			files[key+"/"+name] = data
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, icon := range icons(t, key, files[key+"/manifest.json"]) {
			files[key+"/"+icon] = []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8z"/></svg>`)
		}
		put, err := h.PutPackage(ctx, h.ada, v.ID, release.Archive{Key: key, Data: zipped(t, files)})
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		p := h.packed(v.ID.String())
		if !put.Compatible || p.Key != key || p.Digest != put.Digest || !slices.Equal(p.Manifest.Capabilities(), put.Capabilities) {
			t.Errorf("%s: %+v", key, put)
		}
		for _, call := range p.Set.Preview(host, change, nil) {
			if call.Err != nil {
				t.Errorf("%s %s: %v", key, call.Name, call.Err)
			}
		}
	}
}

func icons(t *testing.T, key string, data []byte) []string {
	t.Helper()
	r, err := manifest.Parse(key, data)
	if err != nil {
		t.Fatal(err)
	}
	return []string{r.Package.Listing.Icons.Square, r.Package.Listing.Icons.Horizontal}
}
