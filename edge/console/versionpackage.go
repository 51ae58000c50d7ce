package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/release"
)

// packageView is the integration package of a version.
type packageView struct {
	Version  release.Version
	Info     *release.PackageInfo // nil: there is none
	Connects bool                 // customers connect with the developer's service
	Ready    bool                 // and they can
	MayEdit  bool
	Token    string             // of the form that takes one
	Key      string             // that was entered
	Findings []manifest.Finding // about what was just refused
	Faults   faults
}

func (d packageView) path() string { return versionPath(d.Version.ID) + "/package" }

func (v *visit) packageView(one release.Version, mayEdit bool) (packageView, error) {
	d := packageView{Version: one, MayEdit: mayEdit}
	info, err := v.Releases.Package(v.ctx(), v.by, one.ID)
	switch {
	case err == nil:
		d.Info, d.Key = &info, info.Key
		if d.Connects, d.Ready, err = v.connects(one); err != nil {
			return d, err
		}
	case problem.CodeOf(err) != "not_found":
		return d, err
	}
	if mayEdit {
		d.Token = v.token(d.path())
	}
	return d, nil
}

// packageOf loads the version that the address names, for a change of its package.
func (v *visit) packageOf() (packageView, subject, error) {
	one, s, err := v.versionOf()
	if err != nil {
		return packageView{}, s, err
	}
	if err := v.by.Reach("version", "version:update", s.resource()); err != nil {
		return packageView{}, s, err
	}
	d, err := v.packageView(one, one.Editable())
	return d, s, err
}

func packagePage(v *visit) error {
	d, s, err := v.packageOf()
	if err != nil {
		return err
	}
	return showPackage(v, s, d)
}

func showPackage(v *visit, s subject, d packageView) error {
	return v.about(s, "/versions", sheet{title: "Integration package", status: d.Faults.status(), trail: d.trail(s, "Integration package"), body: packageEditor(v, d)})
}

func (d packageView) trail(s subject, here string) []page.Link {
	return []page.Link{{Text: "Versions", URL: s.path() + "/versions"}, {Text: d.Version.Number, URL: versionPath(d.Version.ID)}, {Text: here}}
}

func putPackage(v *visit) error {
	d, s, err := v.packageOf()
	if err != nil {
		return err
	}
	data, err := v.file("package")
	if err != nil {
		return err
	}
	d.Key = v.field("key")
	if data == nil {
		d.Faults = faults{text: "No file was chosen.", fields: []problem.Field{{Pointer: "/package", Detail: "Choose a zip, tar or tar.gz archive."}}}
		return showPackage(v, s, d)
	}
	put, err := v.Releases.PutPackage(v.ctx(), v.by, d.Version.ID, release.Archive{Key: d.Key, Data: data})
	if err != nil {
		f, ok := faultsOf(err, "query/key")
		if !ok {
			return err
		}
		if found, ok := problem.Of(err).Extra["findings"].([]manifest.Finding); ok {
			d.Findings, f.rest = found, nil // the table says it all
		}
		d.Faults = f
		return showPackage(v, s, d)
	}
	words := "The package is in the draft. Look at the requests that it makes."
	if len(put.Findings) > 0 {
		words = "The package is in the draft. There are remarks about it below."
	}
	return v.leave(versionPath(d.Version.ID), words)
}

func downloadPackage(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	info, data, err := v.Releases.PackageArchive(v.ctx(), v.by, one.ID)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+info.Key+"-"+one.Number+`.zip"`)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(data) // the reader may go away
	return nil
}

func removePackagePage(v *visit) error {
	d, s, err := v.packageOf()
	if err != nil {
		return err
	}
	path := d.path() + "/remove"
	c := page.Confirm{Title: "Take the package out of version " + d.Version.Number + "?", Text: "The draft keeps everything else.", Button: "Remove",
		Consequences: []string{"A version without scopes needs a package to be published."}, Action: path, Cancel: versionPath(d.Version.ID), Token: v.token(path)}
	return v.about(s, "/versions", sheet{title: "Remove the package", trail: d.trail(s, "Remove the package"), body: refusable(faults{}, c)})
}

func removePackage(v *visit) error {
	one, _, err := v.versionOf()
	if err != nil {
		return err
	}
	if err := v.Releases.RemovePackage(v.ctx(), v.by, one.ID); err != nil {
		return err
	}
	return v.leave(versionPath(one.ID), "The package is removed.")
}

// requestsView is every request of a package for a made-up event.
type requestsView struct {
	packageView
	Event string
	Kind  string // of the resource, where the event had to be turned to another
	Calls []request.Previewed
}

// previewEvents are the made-up events, by name.
var previewEvents = []page.Option{{Value: "flag", Text: "a flag was changed"}, {Value: "project", Text: "a project was changed"}, {Value: "environment", Text: "an environment was changed"}, {Value: "member", Text: "a member was changed"}}

func packageRequests(v *visit) error {
	one, s, err := v.versionOf()
	if err != nil {
		return err
	}
	info, err := v.Releases.Package(v.ctx(), v.by, one.ID)
	if err != nil {
		return err
	}
	d := requestsView{packageView: packageView{Version: one, Info: &info}, Event: previewEvents[0].Value}
	for _, o := range previewEvents {
		if o.Value == v.query("event") {
			d.Event = o.Value
		}
	}
	got, err := v.Releases.Preview(v.ctx(), v.by, one.ID, d.Event)
	if err != nil {
		return err
	}
	d.Kind, d.Calls = got.Kind, got.Calls
	return v.about(s, "/versions", sheet{title: "Requests", trail: d.trail(s, "Requests"), body: requestList(d)})
}

func (d requestsView) events() []page.Option {
	out := make([]page.Option, len(previewEvents))
	for i, o := range previewEvents {
		o.Selected = o.Value == d.Event
		out[i] = o
	}
	return out
}

// capabilityWords are the capabilities as people call them.
var capabilityWords = map[string]string{
	"eventHook": "Event hook", "inboundTrigger": "Trigger", "changeApproval": "Approvals", "snapshotPush": "Snapshots", "managedStoreSync": "Managed store",
	"resourceLink": "Links", "membershipSync": "Synced members", "reservedProperties": "Reserved properties", "userAction": "Actions", "importer": "Import",
	"driverAction": "Driver action", "fetch": "Choices of a field",
}

func capabilityWord(name string) string {
	if w := capabilityWords[name]; w != "" {
		return w
	}
	return name
}

// callTitle puts the name of a call into words: "changeApproval/open" is
// "Approvals: open".
func callTitle(name string) string {
	first, rest, _ := strings.Cut(name, "/")
	if rest == "" {
		return capabilityWord(first)
	}
	return capabilityWord(first) + ": " + strings.ReplaceAll(rest, "/", " ")
}

// findingPlace is where a finding is: file, line and pointer.
func findingPlace(f manifest.Finding) string {
	file := f.File
	if file == "" {
		file = "manifest.json"
	}
	if f.Line > 0 {
		file += ":" + strconv.Itoa(f.Line)
	}
	return file
}

func severityBadge(s manifest.Severity) page.Badge {
	switch s {
	case manifest.Error:
		return page.Badge{Text: "Error", Tone: page.ToneBad}
	case manifest.Warning:
		return page.Badge{Text: "Warning", Tone: page.ToneWarn}
	}
	return page.Badge{Text: "Notice", Tone: page.ToneInfo}
}
