package configuration

import (
	"strings"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
)

// Sheet is what was filled in of a form that a capability has for itself, as it is
// stored: secrets are sealed, each for its field.
type Sheet struct {
	Plain  map[string]any    `json:"plain,omitempty"`
	Sealed map[string]string `json:"sealed,omitempty"`
}

// FillSheet takes what was filled in over into a sheet. bound names the row that the
// sheet belongs to, for good: secrets are sealed for it. The findings are beside the
// fields, at /values.
func (s *Service) FillSheet(form manifest.Form, was Sheet, bound string, raw map[string]any) (Sheet, []problem.Field, error) {
	before, err := s.OpenSheet(was, bound)
	if err != nil {
		return was, nil, err
	}
	now, found, err := fill(form, before, raw)
	if err != nil {
		return was, nil, problem.Internal("configuration.sheet", err)
	}
	plain, secrets := now.Split()
	out := Sheet{Plain: plain, Sealed: map[string]string{}}
	for key, text := range secrets {
		if text.IsZero() {
			continue
		}
		if have, ok := before[key].(secret.Text); ok && have.Equal(text) {
			out.Sealed[key] = was.Sealed[key] // what has not changed keeps its seal
			continue
		}
		out.Sealed[key] = s.Keys.Seal(text, bound+"|"+key)
	}
	return out, found, nil
}

// OpenSheet gives what was filled in, with its secrets.
func (s *Service) OpenSheet(of Sheet, bound string) (manifest.Values, error) {
	out := manifest.Values{}
	for key, v := range of.Plain {
		out[key] = listed(v)
	}
	for key, sealed := range of.Sealed {
		text, err := s.Keys.Open(sealed, bound+"|"+key)
		if err != nil {
			return nil, problem.Internal("configuration.sheet", err)
		}
		out[key] = text
	}
	return out, nil
}

// Shown is what may be read of a sheet: secrets masked, and nothing that belongs to
// no field.
func (of Sheet) Shown(form manifest.Form) map[string]any {
	return shown(form, manifest.Values(of.Plain), of.Sealed)
}

// SheetNeeds lists what has to be filled in of a form before it can be used.
func SheetNeeds(form manifest.Form, values manifest.Values) []problem.Field {
	known := manifest.Values{}
	for key, v := range values {
		if _, ok := form.Variable(strings.TrimSuffix(key, privateHalf)); ok && !strings.HasSuffix(key, privateHalf) {
			known[key] = v
		}
	}
	return fields(form.Check(known))
}
