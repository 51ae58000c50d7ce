package lint

import (
	"slices"
	"strconv"

	"github.com/guestright/guestright/manifest"
)

func (l *linter) forms() {
	for _, f := range l.p.AllForms() {
		seen := map[string]bool{}
		for i, d := range f.Form {
			v := variable{l, f, d, index(f.Pointer, i)}
			if seen[d.Key] {
				l.lint(manifest.Error, "form.key-twice", v.at+"/key", "Two fields of the form have this key.", "Give each its own.")
			}
			seen[d.Key] = true
			v.defaults()
			v.kinds()
			v.choices()
			v.reach()
		}
	}
}

// variable is one field under judgement.
type variable struct {
	*linter
	form manifest.NamedForm
	manifest.Variable
	at string
}

// strict reports a rule that binds some forms, and is advice for the others.
func (v variable) strict(binds bool, id, at, message, mend string) {
	if binds {
		v.rule(id, at, message, mend)
		return
	}
	v.lint(manifest.Warning, id, at, message, mend)
}

func (v variable) top() bool { return v.form.Name == manifest.FormInstallation }

// defaults: one that has a default is optional, of the default's type; and the
// other way around in the installation's form.
func (v variable) defaults() {
	three := v.top() || v.form.Name == manifest.FormScope || v.form.Name == manifest.FormRequest
	opt := v.name("isOptional", "optional")
	if v.Default.Present() {
		if !v.Optional.Get() {
			v.strict(three, "form.default-required", v.at+"/default", "A field with a default must be filled in.", "Set "+opt+" to true.")
		}
		_, isText := v.Default.Get().(string)
		_, isBool := v.Default.Get().(bool)
		switch v.Type {
		case manifest.TypeString, manifest.TypeURI, manifest.TypeEnum, manifest.TypeDynamicEnum:
			if !isText {
				v.strict(three, "form.default-type", v.at+"/default", "The default is no text.", "Write it as a text.")
			}
		case manifest.TypeBoolean:
			if !isBool {
				v.strict(three, "form.default-type", v.at+"/default", "The default is neither true nor false.", "Write true or false, without quotation marks.")
			}
		}
		return
	}
	if v.Optional.Get() && v.Type != manifest.TypeMultiselect && v.Type != manifest.TypeScopeSelector {
		if v.top() {
			v.rule("form.optional-default", v.at, "An optional field has no default.", "Give "+v.name("defaultValue", "default")+", if only an empty text.")
			return
		}
		v.lint(manifest.Notice, "form.optional-default", v.at, "An optional field has no default: templates find nothing under its name.", "Give "+v.name("defaultValue", "default")+", if only an empty text.")
	}
}

// kinds: what belongs to one type stands with no other.
func (v variable) kinds() {
	has := map[string]bool{
		"default": v.Default.Present(), "fetch": v.Fetch != nil, "choices": v.Choices != nil, "secret": v.Secret.Get(),
		"options": v.Options != nil, "preselected": v.Preselected != nil,
	}
	refuse := func(id string, members ...string) {
		for _, m := range members {
			if has[m] {
				v.strict(v.top(), id, v.at+"/"+m, "A field of this type has no use for this.", "Leave it out.")
			}
		}
	}
	switch v.Type {
	case manifest.TypeMultiselect:
		refuse("form.multiselect", "default", "fetch", "choices", "secret")
		if !has["options"] {
			v.strict(v.top(), "form.multiselect", v.at, "There is nothing to select from.", "Add "+v.name("multiselectOptions", "options")+".")
		}
		for i, one := range v.Preselected {
			if has["options"] && !slices.ContainsFunc(v.Options, func(o manifest.SelectOption) bool { return o.Value == one }) {
				v.lint(manifest.Error, "form.preselected", index(v.at+"/preselected", i), "This is selected at first and is no option.", "Use the value of an option.")
			}
		}
	case manifest.TypeScopeSelector:
		refuse("form.scope-selector", "default", "fetch", "choices", "secret", "options", "preselected")
	}
	if v.Secret.Get() && v.Type != manifest.TypeString && v.Type != manifest.TypeMultiselect && v.Type != manifest.TypeScopeSelector {
		v.strict(v.top(), "form.secret-type", v.at+"/secret", "Only a text can be secret.", "Make the field a string, or do not call it secret.")
	}
	if dynamic := v.Type == manifest.TypeDynamicEnum; dynamic != has["fetch"] {
		if dynamic {
			v.strict(v.top(), "form.dynamic", v.at, "Nothing says where the choices come from.", "Add "+v.name("dynamicOptions", "fetch")+", or list the choices of an enum.")
		} else if v.Type != manifest.TypeMultiselect && v.Type != manifest.TypeScopeSelector {
			v.strict(v.top(), "form.dynamic", v.at+"/fetch", "Choices are fetched for a field that shows none.", "Make the field a dynamicEnum.")
		}
	}
}

func (v variable) choices() {
	if v.Type == manifest.TypeEnum && len(v.Choices) == 0 {
		v.lint(manifest.Error, "form.choices", v.at, "There is nothing to choose from.", "List the choices in "+v.name("allowedValues", "choices")+".")
		return
	}
	if text, ok := v.Default.Get().(string); ok && text != "" && v.Type == manifest.TypeEnum && !slices.Contains(v.Choices, text) {
		v.lint(manifest.Error, "form.choice-default", v.at+"/default", "The default is none of the choices.", "Use one of them.")
	}
	if v.Type != manifest.TypeEnum && v.Choices != nil && v.Type != manifest.TypeMultiselect && v.Type != manifest.TypeScopeSelector {
		v.lint(manifest.Warning, "form.choices-idle", v.at+"/choices", "Only an enum has choices.", "Make the field an enum, or leave them out.")
	}
}

// reach: a required field that nobody ever sees keeps the form from being saved.
func (v variable) reach() {
	switch v.Type {
	case manifest.TypeGenerated, manifest.TypePublicKey, manifest.TypeBoolean, manifest.TypeOAuth:
		return
	}
	if v.Hidden.Get() && !v.Optional.Get() && !v.Default.Present() && len(v.DependsOn) == 0 {
		v.lint(manifest.Warning, "form.hidden-required", v.at, "The field is required, hidden, and nothing shows it: only the API can set it.", "Make it optional, or show it.")
	}
}

func index(at string, i int) string { return at + "/" + strconv.Itoa(i) }

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
