package console

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

func (c *Console) configurationRoutes() []route {
	if c.Configurations == nil {
		return nil
	}
	const of, one = "/installations/{installation}/configurations", "/configurations/{configuration}"
	return []route{
		{"GET " + of, c.page(configurationsPage)},
		{"GET " + of + "/new", c.page(newConfigurationPage)},
		{"POST " + of + "/new", c.page(newConfiguration)},
		{"GET " + one, c.page(configurationPage)},
		{"POST " + one, c.page(saveConfiguration)},
		{"POST " + one + "/switch", c.page(switchConfiguration)},
		{"POST " + one + "/try", c.page(tryConfiguration)},
		{"GET " + one + "/delete", c.page(deleteConfigurationPage)},
		{"POST " + one + "/delete", c.page(deleteConfiguration)},
	}
}

func configurationsPath(i integration.ID) string {
	return installationPath(i.String()) + "/configurations"
}

func configurationPath(id configuration.ID) string { return "/configurations/" + id.String() }

// configured is what every page about configurations starts from.
type configured struct {
	Here    integration.Listed
	Offer   configuration.Offer
	Manages bool
}

func (v *visit) configured(i integration.Listed) (configured, error) {
	o, err := v.Configurations.Offer(v.ctx(), v.by, i.ID)
	if err != nil {
		return configured{}, err
	}
	on := configuration.Resource(i.Account, i.ID.String(), "*")
	return configured{Here: i, Offer: o, Manages: v.may(configuration.ActionManage, on) && i.State != integration.Removed}, nil
}

// show is a page about the configurations of an installation; trail is what stands
// behind the installation.
func (d configured) show(v *visit, s sheet, trail ...page.Link) error {
	s.area, s.account, s.current = areaAccount, d.Here.Account, accountPath(d.Here.Account)
	s.trail = append([]page.Link{{Text: d.Here.AccountName, URL: accountPath(d.Here.Account)}, {Text: d.Here.ApplicationName, URL: installationPath(d.Here.ID.String())}}, trail...)
	return v.show(s)
}

// configurationsView is all of one installation.
type configurationsView struct {
	configured
	All []configuration.Configuration
}

func configurationsPage(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	d := configurationsView{}
	if d.configured, err = v.configured(i); err != nil {
		return err
	}
	if d.All, err = v.Configurations.List(v.ctx(), v.by, i.ID); err != nil {
		return err
	}
	return d.show(v, sheet{title: "Set up · " + i.ApplicationName, body: configurationList(v, d)}, page.Link{Text: "Set up"})
}

// configurationForm is a form as it is shown.
type configurationForm struct {
	configured
	At      *configuration.Configuration // nil: a new one
	Name    string
	Values  map[string]any
	On      map[string]bool
	Filter  string
	Said    []string // the filter in words
	Choices map[string]configuration.Choices
	Tried   *capability.Tried
	Link    *connection.Connection // nil: it needs none
	Prefix  string                 // of a store, as it was typed
	Faults  faults
}

func (f configurationForm) path() string {
	if f.At == nil {
		return configurationsPath(f.Here.ID) + "/new"
	}
	return configurationPath(f.At.ID)
}

// hooks reports whether the package has event hooks whose filter an administrator
// chooses.
func (f configurationForm) hooks() bool {
	return slices.Contains(f.Offer.Capabilities, eventhook.Name) && slices.ContainsFunc(f.Offer.Package().EventHooks, func(h manifest.EventHook) bool { return h.Source == manifest.SourceAudit })
}

func newConfigurationPage(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	d, err := v.configured(i)
	if err != nil {
		return err
	}
	if !d.Manages {
		return problem.Forbidden("forbidden", "Your role does not include this.").With("action", configuration.ActionManage)
	}
	f := configurationForm{configured: d, Values: map[string]any{}, On: map[string]bool{}, Name: d.Offer.Name, Filter: policyText(d.Offer.Filter)}
	for _, name := range d.Offer.Capabilities {
		f.On[name] = true
	}
	for _, field := range d.Offer.Form {
		if field.Default.Present() {
			f.Values[field.Key] = field.Default.Get()
		} else if field.Preselected != nil {
			f.Values[field.Key] = field.Preselected
		}
	}
	return f.page(v)
}

// page shows the form.
func (f configurationForm) page(v *visit) error {
	f.choose(v)
	if f.At != nil && f.At.Connects && v.Connections != nil {
		c, err := v.Connections.Get(v.ctx(), v.by, f.At.ID)
		if err != nil {
			return err
		}
		f.Link = &c
	}
	if p, wrong := policyOf(f.Filter); len(wrong) == 0 && v.Roles != nil && f.hooks() {
		for _, one := range v.Roles.Say(p).Statements {
			f.Said = append(f.Said, one.Text)
		}
	}
	title, last := "Set up "+f.Here.ApplicationName, "New"
	trail := []page.Link{{Text: "Set up", URL: configurationsPath(f.Here.ID)}}
	if f.At != nil {
		title, last = f.At.Name, f.At.Name
	}
	return f.show(v, sheet{title: title, status: f.Faults.status(), body: configurationFormPage(v, f)}, append(trail, page.Link{Text: last})...)
}

// choose asks the partner for the choices of fields, where there is enough to ask
// with.
func (f *configurationForm) choose(v *visit) {
	f.Choices = map[string]configuration.Choices{}
	if f.At == nil || !f.Manages {
		return
	}
	for _, d := range f.Offer.Form {
		if d.Fetch == nil {
			continue
		}
		got, err := v.Configurations.Choices(v.ctx(), v.by, f.Here.ID, configuration.Asked{Field: d.Key, Configuration: f.At.ID.String()})
		if err == nil {
			f.Choices[d.Key] = got
		}
	}
}

// entered reads what was typed.
func (f configurationForm) entered(v *visit) (configurationForm, configuration.Draft) {
	f.Name, f.Values, f.On = v.field("name"), map[string]any{}, map[string]bool{}
	d := configuration.Draft{Values: map[string]any{}, Capabilities: map[string]configuration.Choice{}}
	if f.Name != "" {
		d.Name = &f.Name
	}
	for _, one := range f.Offer.Form {
		if value, there := typedField(v, one); there {
			d.Values[one.Key] = value
			if !one.Secret.Get() {
				f.Values[one.Key] = value
			}
		}
	}
	for _, name := range f.Offer.Capabilities {
		on := v.field("on."+name) != ""
		f.On[name] = on
		d.Capabilities[name] = configuration.Choice{On: &on}
	}
	if f.hooks() {
		f.Filter = v.field("filter")
		p, wrong := policyOf(f.Filter)
		for _, w := range wrong {
			f.Faults.rest = append(f.Faults.rest, w.String())
		}
		on := f.On[eventhook.Name]
		text, err := json.Marshal(map[string]access.Policy{"filter": p})
		if err == nil {
			d.Capabilities[eventhook.Name] = configuration.Choice{On: &on, Settings: text}
		}
	}
	return f, d
}

// typedField is what was entered into one field; false: nothing is entered there.
func typedField(v *visit, d manifest.Variable) (any, bool) {
	name := fieldName(d)
	switch d.Type {
	case manifest.TypeGenerated, manifest.TypePublicKey, manifest.TypeOAuth:
		return nil, false
	case manifest.TypeBoolean:
		return v.field(name) != "", true
	case manifest.TypeMultiselect:
		return anyList(v.r.PostForm[name]), true
	case manifest.TypeScopeSelector:
		return anyList(strings.Fields(v.field(name))), true
	}
	if text := v.field(name); text != "" || !d.Secret.Get() {
		return text, true
	}
	return nil, false
}

func anyList(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func fieldName(d manifest.Variable) string { return "v." + d.Key }

func newConfiguration(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	d, err := v.configured(i)
	if err != nil {
		return err
	}
	f, draft := configurationForm{configured: d}.entered(v)
	if len(f.Faults.rest) > 0 {
		f.Faults.text = "The filter cannot be read."
		return f.page(v)
	}
	c, err := v.Configurations.Create(v.ctx(), v.by, i.ID, draft)
	if err != nil {
		found, ok := faultsOf(err, "/values", "/name", "/capabilities")
		if !ok {
			return err
		}
		f.Faults = found
		return f.page(v)
	}
	return v.leave(configurationPath(c.ID), f.Here.ApplicationName+" is set up.")
}

// configurationOf loads the configuration that the address names, as a form.
func (v *visit) configurationOf() (configurationForm, error) {
	id, err := ident.Parse[configuration.Configuration](v.r.PathValue("configuration"))
	if err != nil {
		return configurationForm{}, err
	}
	c, err := v.Configurations.Get(v.ctx(), v.by, id)
	if err != nil {
		return configurationForm{}, err
	}
	at, err := ident.Parse[integration.Installation](c.Installation)
	if err != nil {
		return configurationForm{}, err
	}
	i, err := v.Integrations.Get(v.ctx(), v.by, at)
	if err != nil {
		return configurationForm{}, err
	}
	d, err := v.configured(i)
	f := configurationForm{configured: d, At: &c, Name: c.Name, Values: c.Values, On: map[string]bool{}, Filter: policyText(d.Offer.Filter)}
	for _, one := range c.Capabilities {
		f.On[one.Name] = one.On
		var chosen eventhook.Settings
		if one.Name == eventhook.Name && json.Unmarshal(one.Settings, &chosen) == nil && chosen.Filter != nil {
			f.Filter = policyText(chosen.Filter)
		}
	}
	return f, err
}

func configurationPage(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	return f.page(v)
}

func saveConfiguration(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	f, draft := f.entered(v)
	if len(f.Faults.rest) > 0 {
		f.Faults.text = "The filter cannot be read."
		return f.page(v)
	}
	if _, err := v.Configurations.Update(v.ctx(), v.by, f.At.ID, draft); err != nil {
		found, ok := faultsOf(err, "/values", "/name", "/capabilities")
		if !ok {
			return err
		}
		f.Faults = found
		return f.page(v)
	}
	return v.leave(configurationPath(f.At.ID), "The change is saved.")
}

func switchConfiguration(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	on := !f.At.Enabled
	if _, err := v.Configurations.Update(v.ctx(), v.by, f.At.ID, configuration.Draft{Enabled: &on}); err != nil {
		if found, ok := faultsOf(err); ok {
			f.Faults = found
			return f.page(v)
		}
		return err
	}
	words := "It is off. What was filled in stays."
	if on {
		words = "It is on."
	}
	return v.leave(configurationPath(f.At.ID), words)
}

func tryConfiguration(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	got, err := v.Configurations.Try(v.ctx(), v.by, f.At.ID, v.field("capability"))
	if err != nil {
		found, ok := faultsOf(err)
		if !ok {
			return err
		}
		f.Faults = found
		return f.page(v)
	}
	f.Tried = &got
	return f.page(v)
}

func deleteConfigurationPage(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	path := f.path() + "/delete"
	c := page.Confirm{Title: "Delete this configuration?", Text: f.At.Name, Action: path, Token: v.token(path), Button: "Delete the configuration", Cancel: f.path(),
		Consequences: []string{"Its capabilities stop at once, and the log of what was sent goes with it.", "What was filled in is gone, secrets too. This cannot be undone."},
		Remains:      []string{"The integration stays installed. To stop for a while, switch the configuration off instead."}}
	return f.show(v, sheet{title: "Delete", body: c}, page.Link{Text: "Set up", URL: configurationsPath(f.Here.ID)}, page.Link{Text: f.At.Name, URL: f.path()}, page.Link{Text: "Delete"})
}

func deleteConfiguration(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	if err := v.Configurations.Delete(v.ctx(), v.by, f.At.ID); err != nil {
		return err
	}
	return v.leave(configurationsPath(f.Here.ID), "The configuration is deleted.")
}
