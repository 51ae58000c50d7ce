package console

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

func (c *Console) approvalSettingsRoutes() []route {
	if c.Configurations == nil || c.Approvals == nil {
		return nil
	}
	const of = "/configurations/{configuration}/approvals/settings"
	return []route{
		{"GET " + of, c.page(approvalSettingsPage)},
		{"POST " + of + "/scope", c.page(saveApprovalScope)},
		{"GET " + of + "/delete", c.page(deleteApprovalScopePage)},
		{"POST " + of + "/delete", c.page(deleteApprovalScope)},
		{"POST " + of + "/fields", c.page(saveRequestFields)},
	}
}

func (f configurationForm) approvalSettingsPath() string { return f.approvalsPath() + "/settings" }

// scopePath is where the entry for a part of the product is changed.
func (d approvalSettingsView) scopePath(what, scope string) string {
	return d.approvalSettingsPath() + what + "?scope=" + url.QueryEscape(scope)
}

// spareFields is how many further fields can be entered at one time.
const spareFields = 2

// askedField is a row of the form for further fields.
type askedField struct{ Key, Label, Type, Choices string }

// approvalSettingsView is what an administrator chooses for approvals besides.
type approvalSettingsView struct {
	configurationForm
	Scopes  []approval.Scope
	Form    configurationForm // the fields for a part of the product
	At      string            // that part, as it was typed
	Known   bool              // there is an entry for it
	Extra   bool              // the package takes further fields
	Fields  manifest.Form
	Asked   []askedField // as they were typed
	Working bool
}

func (v *visit) approvalSettingsOf() (approvalSettingsView, error) {
	f, err := v.configurationOf()
	d := approvalSettingsView{configurationForm: f}
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(f.At.Capabilities, func(c configuration.Capability) bool { return c.Name == approval.Name })
	m := f.Offer.Package().ChangeApproval
	if i < 0 || m == nil {
		return d, problem.NotFound("page")
	}
	d.Working, d.Extra = f.At.Capabilities[i].Working, m.AllowExtraFields.Get()
	var set struct{ Fields manifest.Form }
	if raw := f.At.Capabilities[i].Settings; len(raw) > 0 {
		if err := json.Unmarshal(raw, &set); err != nil {
			return d, problem.Internal("console.fields", err)
		}
	}
	d.Fields = set.Fields
	for _, one := range d.Fields {
		d.Asked = append(d.Asked, askedField{one.Key, one.Label, string(one.Type), strings.Join(one.Choices, ", ")})
	}
	d.Form = f.sheet(m.Forms.Scope, map[string]any{}, nil)
	if !d.Working || len(m.Forms.Scope) == 0 {
		return d, nil
	}
	d.Scopes, _, err = v.Approvals.Scopes(v.ctx(), v.by, f.At.ID.String())
	return d, err
}

func (d approvalSettingsView) page(v *visit) error {
	d.Form.Faults = d.Faults
	return d.place(v, sheet{title: "Settings of approvals", status: d.Faults.status(), body: approvalSettings(v, d)}, page.Link{Text: "Approvals", URL: d.approvalsPath()}, page.Link{Text: "Settings"})
}

// approvalSettingsPage shows them; with a scope in the query, its entry to be changed.
func approvalSettingsPage(v *visit) error {
	d, err := v.approvalSettingsOf()
	if err != nil {
		return err
	}
	for _, one := range d.Scopes {
		if v.r.URL.Query().Has("scope") && one.Scope == v.query("scope") {
			d.At, d.Known, d.Form.Values = one.Scope, true, one.Values
		}
	}
	return d.page(v)
}

func saveApprovalScope(v *visit) error {
	d, err := v.approvalSettingsOf()
	if err != nil {
		return err
	}
	d.At = v.field("scope")
	draft, shown := d.Form.typed(v)
	d.Form.Values = shown
	if _, err := v.Approvals.PutScope(v.ctx(), v.by, d.configurationForm.At.ID.String(), approval.Scope{Scope: d.At, Values: draft}); err != nil {
		found, ok := faultsOf(err, "/values", "/scope")
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.approvalSettingsPath(), "The change is saved.")
}

func deleteApprovalScopePage(v *visit) error {
	d, err := v.approvalSettingsOf()
	if err != nil {
		return err
	}
	scope := v.query("scope")
	if !slices.ContainsFunc(d.Scopes, func(s approval.Scope) bool { return s.Scope == scope }) {
		return problem.NotFound("scope")
	}
	path := d.approvalSettingsPath() + "/delete"
	c := page.Confirm{Title: "Take this entry away?", Text: entryWords(scope), Action: d.scopePath("/delete", scope), Token: v.token(path), Button: "Take it away", Cancel: d.approvalSettingsPath(),
		Consequences: []string{"What was filled in is gone, secrets too.", "A wider entry counts for its resources then; without one, no approval can be asked for there."}}
	return d.place(v, sheet{title: "Take away", body: c}, page.Link{Text: "Approvals", URL: d.approvalsPath()}, page.Link{Text: "Settings", URL: d.approvalSettingsPath()}, page.Link{Text: "Take away"})
}

func deleteApprovalScope(v *visit) error {
	d, err := v.approvalSettingsOf()
	if err != nil {
		return err
	}
	if err := v.Approvals.DeleteScope(v.ctx(), v.by, d.configurationForm.At.ID.String(), v.query("scope")); err != nil {
		return err
	}
	return v.leave(d.approvalSettingsPath(), "The entry is taken away.")
}

const fieldsPointer = "/capabilities/" + approval.Name + "/settings/fields"

// fieldFault is what is wrong with a part of a further field.
func (d approvalSettingsView) fieldFault(i int, part string) string {
	return d.Faults.at(fieldsPointer + "/" + strconv.Itoa(i) + "/" + part)
}

// saveRequestFields takes the rows that have something in them. What a field has that
// the form does not show stays.
func saveRequestFields(v *visit) error {
	d, err := v.approvalSettingsOf()
	if err != nil {
		return err
	}
	form, was := v.r.PostForm, d.Fields
	d.Asked, d.Fields = nil, manifest.Form{}
	for i := range min(len(form["key"]), len(form["label"]), len(form["type"]), len(form["choices"])) {
		row := askedField{strings.TrimSpace(form["key"][i]), strings.TrimSpace(form["label"][i]), form["type"][i], form["choices"][i]}
		if row.Key == "" && row.Label == "" {
			continue
		}
		d.Asked = append(d.Asked, row)
		one, _ := was.Variable(row.Key)
		one.Key, one.Label, one.Type, one.Choices = row.Key, row.Label, manifest.VariableType(row.Type), nil
		for c := range strings.SplitSeq(row.Choices, ",") {
			if c = strings.TrimSpace(c); c != "" && one.Type == manifest.TypeEnum {
				one.Choices = append(one.Choices, c)
			}
		}
		d.Fields = append(d.Fields, one)
	}
	text, err := json.Marshal(map[string]manifest.Form{"fields": d.Fields})
	if err != nil {
		return problem.Internal("console.fields", err)
	}
	draft := configuration.Draft{Capabilities: map[string]configuration.Choice{approval.Name: {Settings: text}}}
	if _, err := v.Configurations.Update(v.ctx(), v.by, d.configurationForm.At.ID, draft); err != nil {
		found, ok := faultsOf(err, fieldsPointer)
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.approvalSettingsPath(), "The change is saved.")
}
