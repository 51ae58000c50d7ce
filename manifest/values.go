package manifest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest/value"
)

// Values are what was filled in, by the variable's key: string, bool, []string
// (multiselect and scopeSelector) or secret.Text for secret variables. Printing
// and encoding them hides the secrets.
type Values map[string]any

// Typed gives values that came as JSON or from a web form their types: secrets
// become secret texts, the words of a checkbox a boolean, lists lists of texts.
// What does not fit stays as it is, for Check to complain about.
func (f Form) Typed(raw map[string]any) Values {
	out := make(Values, len(raw))
	for key, v := range raw {
		if v == nil {
			continue
		}
		d, known := f.Variable(key)
		if !known {
			out[key] = v
			continue
		}
		out[key] = d.typed(v)
	}
	return out
}

func (d Variable) typed(v any) any {
	switch t := v.(type) {
	case string:
		switch {
		case d.Secret.Get():
			return secret.New(t)
		case d.Type == TypeBoolean && (t == "true" || t == "on"):
			return true
		case d.Type == TypeBoolean && (t == "false" || t == "off" || t == ""):
			return false
		case d.isList():
			if t == "" {
				return []string{}
			}
			return []string{t}
		}
	case []any:
		list := make([]string, 0, len(t))
		for _, one := range t {
			s, ok := one.(string)
			if !ok {
				return v
			}
			list = append(list, s)
		}
		return list
	}
	return v
}

func (d Variable) isList() bool { return d.Type == TypeMultiselect || d.Type == TypeScopeSelector }

// Split parts values into those that may be stored as they are and those that
// must be sealed.
func (v Values) Split() (map[string]any, map[string]secret.Text) {
	open, sealed := map[string]any{}, map[string]secret.Text{}
	for key, one := range v {
		if s, ok := one.(secret.Text); ok {
			sealed[key] = s
			continue
		}
		open[key] = one
	}
	return open, sealed
}

// Keep fills in the secrets that somebody who edits has left alone: they were
// never shown, so a blank one means that it stays.
func (f Form) Keep(now, before Values) Values {
	out := make(Values, len(now))
	for key, v := range now {
		out[key] = v
	}
	for _, d := range f {
		if old, had := before[d.Key]; had && d.Secret.Get() && blank(out[d.Key]) {
			out[d.Key] = old
		}
	}
	return out
}

// Text gives a value as text, lists with commas; secrets are revealed.
func (v Values) Text(key string) string { return textOf(v[key]) }

func textOf(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case bool:
		return strconv.FormatBool(t)
	case secret.Text:
		return t.Reveal()
	case []string:
		return strings.Join(t, ",")
	}
	return ""
}

// blank says whether somebody has left a field empty. false is an answer.
func blank(v any) bool {
	switch t := v.(type) {
	case nil:
		return true
	case string:
		return t == ""
	case secret.Text:
		return t.IsZero()
	case []string:
		return len(t) == 0
	}
	return false
}

// same compares two values.
func same(a, b any) bool {
	x, isList := a.([]string)
	y, areLists := b.([]string)
	if isList && areLists {
		return slices.Equal(x, y)
	}
	if s, ok := a.(secret.Text); ok {
		t, ok := b.(secret.Text)
		return ok && s.Equal(t)
	}
	return blank(a) == blank(b) && textOf(a) == textOf(b)
}

// Data gives the values to templates, in the order of the form and with the
// secrets revealed: for what is sent, never for what is shown or kept.
func (f Form) Data(v Values) *value.Object {
	o := &value.Object{}
	for _, d := range f {
		switch one := v[d.Key].(type) {
		case nil:
		case secret.Text:
			o.Set(d.Key, one.Reveal())
		case []string:
			list := make(value.List, len(one))
			for i, s := range one {
				list[i] = s
			}
			o.Set(d.Key, list)
		case string, bool:
			o.Set(d.Key, one)
		}
	}
	return o
}
