package manifest

import (
	"fmt"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/secret"
)

// textMost is the size of one value, in characters; a private key fits.
const textMost = 10_000

// FieldError says beside a field what to do about it. It never repeats the value.
type FieldError struct {
	Key     string `json:"key"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// Check says what is wrong with the values of a form that stands alone.
func (f Form) Check(v Values) []FieldError { return f.alone(v).Check(FormInstallation) }

// Check says what is wrong with the values of one form, in the order of its fields.
func (s Sheet) Check(form string) []FieldError {
	var out []FieldError
	f, v, j := s.Forms[form], s.Values[form], s.judge()
	for _, d := range f {
		if !j.shown(form, d) {
			continue
		}
		if rule, message := d.check(v[d.Key]); rule != "" {
			out = append(out, FieldError{d.Key, rule, message})
		}
	}
	var strange []string
	for key := range v {
		if _, known := f.Variable(key); !known {
			strange = append(strange, key)
		}
	}
	slices.Sort(strange)
	for _, key := range strange {
		out = append(out, FieldError{key, "field.unknown", "There is no such field. Take it out."})
	}
	return out
}

// check judges one value: the rule that it breaks, and what to do.
func (d Variable) check(v any) (string, string) {
	if blank(v) {
		if d.Required() {
			return "field.required", d.ask()
		}
		return "", ""
	}
	switch d.Type {
	case TypeBoolean:
		if _, ok := v.(bool); !ok {
			return "field.type", "Choose yes or no."
		}
	case TypeMultiselect, TypeScopeSelector:
		return d.checkList(v)
	case TypeOAuth:
		return "field.type", "Nothing is written here. Connect the service instead."
	default:
		return d.checkText(v)
	}
	return "", ""
}

func (d Variable) checkText(v any) (string, string) {
	text, ok := v.(string)
	if s, sealed := v.(secret.Text); sealed {
		text, ok = s.Reveal(), true
	}
	switch {
	case !ok:
		return "field.type", "Write a text."
	case !utf8.ValidString(text):
		return "field.type", "Write a text in UTF-8."
	case utf8.RuneCountInString(text) > textMost:
		return "field.long", fmt.Sprintf("Write at most %d characters.", textMost)
	case d.Type == TypeURI && !absolute(text):
		return "field.uri", "Write a whole address, such as https://example.com/path."
	case d.Type == TypeEnum && !slices.Contains(d.Choices, text):
		return "field.choice", "Choose one of the values."
	}
	return "", ""
}

func (d Variable) checkList(v any) (string, string) {
	list, ok := v.([]string)
	if !ok {
		return "field.type", "Choose from the list."
	}
	for i, one := range list {
		if slices.Contains(list[:i], one) {
			return "field.twice", "Choose each value once."
		}
		if d.Type == TypeMultiselect && !slices.ContainsFunc(d.Options, func(o SelectOption) bool { return o.Value == one }) {
			return "field.choice", "Choose from the values of the list."
		}
	}
	return "", ""
}

// Required says whether somebody must fill the field in. What we make ourselves
// and what has a default needs nobody.
func (d Variable) Required() bool {
	switch d.Type {
	case TypeGenerated, TypePublicKey, TypeOAuth, TypeBoolean:
		return false
	}
	return !d.Optional.Get() && !d.HideEmpty.Get() && blank(d.otherwise())
}

func (d Variable) ask() string {
	switch d.Type {
	case TypeEnum, TypeDynamicEnum:
		return "Choose a value."
	case TypeMultiselect, TypeScopeSelector:
		return "Choose at least one."
	case TypeURI:
		return "Write the address."
	}
	return "Fill this in."
}

// CheckChange says which fields that stay as they were saved have another value now.
func (f Form) CheckChange(before, now Values) []FieldError {
	var out []FieldError
	for _, d := range f {
		old, had := before[d.Key]
		if d.Fixed.Get() && had && !blank(old) && !same(old, now[d.Key]) {
			out = append(out, FieldError{d.Key, "field.fixed", "This cannot be changed once it is saved. Make a new configuration instead."})
		}
	}
	return out
}

func absolute(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && u.Host != ""
}
