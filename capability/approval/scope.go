package approval

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
)

// Scope is what an administrator has filled in for the resources in one place, such
// as an environment.
type Scope struct {
	Scope   string         `json:"scope" maxLength:"1000" doc:"The beginning of the resources that it counts for; empty for all" example:"proj/web:env/production"`
	Values  map[string]any `json:"values" doc:"By the field's key. A stored secret shows as ••••••••"`
	Updated time.Time      `json:"updated,omitzero"`

	values manifest.Values
}

// holds reports whether a resource lies in the scope.
func (s Scope) holds(subject string) bool {
	return s.Scope == "" || subject == s.Scope || strings.HasPrefix(subject, s.Scope+":")
}

// narrowest finds the scope that lies closest around a resource.
func narrowest(all []Scope, subject string) (Scope, bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(s Scope) bool { return !s.holds(subject) })
	if len(all) == 0 {
		return Scope{}, false
	}
	return slices.MaxFunc(all, func(a, b Scope) int { return len(a.Scope) - len(b.Scope) }), true
}

// shown masks the secrets.
func (s Scope) shown(form manifest.Form) Scope {
	s.Values = map[string]any{}
	for _, d := range form {
		switch v := s.values[d.Key].(type) {
		case nil:
		case secret.Text:
			s.Values[d.Key] = configuration.Mask
		default:
			s.Values[d.Key] = v
		}
	}
	return s
}

// fillScope takes over what was filled in: a secret that comes back masked or empty
// stays.
func fillScope(in capability.Instance, before manifest.Values, raw map[string]any) (manifest.Values, []problem.Field) {
	sheet := in.Package.Manifest.Sheet()
	form := sheet.Forms[manifest.FormScope]
	typed := form.Typed(raw)
	for key, v := range raw {
		if v == configuration.Mask {
			delete(typed, key)
		}
	}
	now := form.Keep(typed, before)
	sheet.Values[manifest.FormInstallation], sheet.Values[manifest.FormScope] = in.Given.Config, now
	bad := fields("/values/", sheet.Check(manifest.FormScope))
	return sheet.Complete(manifest.FormScope), bad
}

// fillRequest judges what was filled in with a request. extra are the fields that an
// administrator has added.
func fillRequest(in capability.Instance, extra manifest.Form, raw map[string]any) (manifest.Values, []problem.Field) {
	sheet := in.Package.Manifest.Sheet()
	form := slices.Concat(sheet.Forms[manifest.FormRequest], extra)
	sheet.Forms[manifest.FormRequest] = form
	now := form.Typed(raw)
	sheet.Values[manifest.FormInstallation], sheet.Values[manifest.FormScope], sheet.Values[manifest.FormRequest] = in.Given.Config, in.Given.Scope, now
	bad := fields("/fields/", sheet.Check(manifest.FormRequest))
	return sheet.Complete(manifest.FormRequest), bad
}

func fields(at string, found []manifest.FieldError) []problem.Field {
	var out []problem.Field
	for _, f := range found {
		out = append(out, problem.Field{Pointer: at + strings.NewReplacer("~", "~0", "/", "~1").Replace(f.Key), Code: f.Rule, Detail: f.Message})
	}
	return out
}

// pack writes values as JSON with their secrets, to be sealed as a whole.
func pack(v manifest.Values) (secret.Text, error) {
	open, sealed := v.Split()
	for key, s := range sealed {
		open[key] = s.Reveal()
	}
	raw, err := json.Marshal(open)
	return secret.New(string(raw)), err
}

// unpack reads what pack has written.
func unpack(form manifest.Form, t secret.Text) (manifest.Values, error) {
	var raw map[string]any
	if t.IsZero() {
		return manifest.Values{}, nil
	}
	err := json.Unmarshal([]byte(t.Reveal()), &raw)
	return form.Typed(raw), err
}
