package console_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/manifest/lint"
	"github.com/guestright/guestright/release"
)

// packed is a sound integration as an archive; change replaces text in its files.
func packed(t *testing.T, change ...string) []byte {
	t.Helper()
	files, err := lint.Scaffold("harbour-watch")
	must(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		must(t, err)
		_, err = f.Write([]byte(strings.NewReplacer(change...).Replace(string(files[name]))))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

// upload sends a form with a file as a browser would; nil: none was chosen.
func (c *client) upload(on, action string, file []byte, fields ...string) answer {
	c.t.Helper()
	token, err := c.get(on).formToken(action)
	must(c.t, err)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		must(c.t, w.WriteField(fields[i], fields[i+1]))
	}
	must(c.t, w.WriteField("form_token", token))
	if file != nil {
		part, err := w.CreateFormFile("package", "harbour-watch.zip")
		must(c.t, err)
		_, err = part.Write(file)
		must(c.t, err)
	}
	must(c.t, w.Close())
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.house.URL+action, &b)
	must(c.t, err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", c.house.URL)
	return c.do(r)
}

func (h *house) draft(x team, dev *client, number string) string {
	h.t.Helper()
	v, err := h.Releases.Draft(h.t.Context(), dev.by(), x.app.ID, release.Content{Number: number, Notes: "New in " + number + "."})
	must(h.t, err)
	return "/versions/" + v.ID.String()
}

// A developer puts a package into a draft, is told what is wrong with it, sees what
// it would send, takes it back and out again.
func TestPackagesInThePortal(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada", "ada@northwind.example"), h.person("Grace", "grace@lakeside.example")
	x := h.team(dev, admin)
	at := h.draft(x, dev, "2.0.0")
	form := at + "/package"
	dev.get(at).has(t, "It asks for no scopes.", "Integration package", "at most 8 MiB")
	dev.upload(at, form, nil).has(t, "No file was chosen.", "Choose a zip, tar or tar.gz archive.")
	dev.upload(at, form, []byte("hello")).has(t, "The archive cannot be read")
	dev.upload(at, form, packed(t), "key", "Harbour Watch").has(t, "Use small letters and digits")
	refused := dev.upload(at, form, packed(t, "{{config.token}}", "{{config.nobody}}"))
	if refused.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("refused with %d", refused.StatusCode)
	}
	refused.has(t, "The package has errors.", "manifest.json:", "/eventHooks/0/endpoint/headers/1/value", "Error hook.request-strict", "Name a field of the form", "form.unused")
	dev.get(form+"/requests").has(t, "There is nothing here")
	if a := dev.upload(at, form, make([]byte, bundle.ArchiveMost+1<<20)); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("too much: %d", a.StatusCode)
	}

	dev.upload(form, form, packed(t), "key", "harbour-watch").led(t, at)
	dev.get(at).has(t, "The package is in the draft.", "harbour-watch", "Event hook", "Our own form", "SHA-256", "Another package")
	for event, words := range map[string][]string{"flag": {"Event hook", "POST https://api.example.com/events", "Authorization: Bearer $TOKEN", "curl -X 'POST'", `"kind": "flag"`}, "member": {`"kind": "member"`}} {
		dev.get(form+"/requests?event="+event).has(t, words...)
	}
	file := dev.get(form + "/download")
	if file.Header.Get("Content-Type") != "application/zip" || !strings.Contains(file.Header.Get("Content-Disposition"), "harbour-watch-2.0.0.zip") {
		t.Errorf("%v", file.Header)
	}
	if b, found, err := bundle.Open([]byte(file.body)); err != nil || len(found) > 0 || len(b.Names()) != 6 {
		t.Error(found, err)
	}
	dev.upload(at, form, packed(t, "Your company", "Harbour Tools")).led(t, at)

	mate := h.person("Ben", "ben@northwind.example")
	_, err := h.Groups.AddMember(t.Context(), dev.by(), x.group.ID, "ben@northwind.example", access.GroupMember)
	must(t, err)
	mate.again()
	if text := mate.get(at).has(t, "Event hook", "Download").text(); strings.Contains(text, "Remove…") || strings.Contains(text, "Another package") {
		t.Error("a member may look only")
	}
	mate.get(form+"/remove").has(t, "You may not do that")
	admin.get(at).has(t, "There is nothing here")
	admin.get(form+"/download").has(t, "There is nothing here")

	dev.get(at + "/publish")
	dev.submit(at+"/publish", at+"/publish").led(t, "/applications/")
	if text := dev.get(at).has(t, "Show its requests").text(); strings.Contains(text, "Remove…") {
		t.Error("a released package can be removed")
	}
	dev.get(form).has(t, "A released version never changes.")
	later := h.draft(x, dev, "2.1.0")
	dev.upload(later, later+"/package", packed(t)).led(t, later)
	dev.submit(later+"/package/remove", later+"/package/remove").led(t, later)
	if text := dev.get(later).has(t, "The package is removed.").text(); strings.Contains(text, "Show its requests") {
		t.Error("it is still there")
	}
	dev.get("/applications/"+x.app.ID.String()+"/activity").has(t, "put an integration package into", "took the integration package out of")
}

// The pages about packages in a real browser, by keyboard too.
func TestPackagePagesAreSound(t *testing.T) {
	h := newHouse(t)
	dev, admin := h.person("Ada Lindqvist", "ada@northwind.example"), h.person("Grace Okafor", "grace@lakeside.example")
	x := h.team(dev, admin)
	at := h.draft(x, dev, "2.0.0")
	b := h.browser(dev)
	send := func(archive []byte) {
		b.Goto(h.URL + at)
		pagetest.Eval[bool](b, `(() => {
			const bytes = Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(archive)+`"), (c) => c.charCodeAt(0)), all = new DataTransfer();
			all.items.add(new File([bytes], "harbour-watch.zip", {type: "application/zip"}));
			document.querySelector("#f-package").files = all.files;
			document.querySelector("#f-key").focus();
			return true;
		})()`)
		b.Press("\r")
	}
	look := pagetest.View{Width: 375, Height: 800, Dark: true}
	b.Goto(h.URL + at)
	b.Look("package-none", look)
	send(packed(t, "{{config.token}}", "{{config.nobody}}", "Send every change to Harbour watch.", "Send every change"))
	b.Wait(`.alert[data-tone="bad"]`) // of the answer: the page before has another
	b.Look("package-refused", look)
	send(packed(t, "{{event.title}}", "{{event.title}}{{#if nobody}}x{{/if}}"))
	b.Wait("#package .copy")
	b.Look("package", look)
	b.Goto(h.URL + at + "/package/requests")
	b.Look("package-requests", look)
	pagetest.Eval[bool](b, `(document.querySelector("details.fold > summary").focus(), true)`)
	b.Press(" ")
	b.Wait("details.fold[open] .code")
	b.Look("package-curl", look)
	b.Goto(h.URL + at + "/package/remove")
	b.Look("package-remove", look)
}
