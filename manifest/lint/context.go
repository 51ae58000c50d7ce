package lint

import (
	"encoding/json"
	"slices"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// sample gives the value that a field has in trials; false: it has none.
func sample(d manifest.Variable) (value.Value, bool) {
	switch d.Type {
	case manifest.TypeString, manifest.TypeEnum, manifest.TypeDynamicEnum, manifest.TypeGenerated:
		return d.Key, true
	case manifest.TypeBoolean:
		return true, true
	case manifest.TypeURI:
		return "https://" + d.Key + ".com", true
	}
	return nil, false
}

// fill sets the samples of a form.
func fill(o *value.Object, f manifest.Form) *value.Object {
	for _, d := range f {
		if v, ok := sample(d); ok {
			o.Set(d.Key, v)
		}
	}
	return o
}

// connected is what templates see of the partner's connection; nil when none is
// asked for.
func (l *linter) connected() value.Value {
	if !l.p.Connection.OAuth.Required.Get() {
		return nil
	}
	return value.Of("baseURI", "https://partner.example", "accessToken", "access")
}

// event gives a made-up event; reserved adds the package's own properties to it.
func (l *linter) event(name string, reserved bool) *value.Object {
	e, _ := fixture.Event(name)
	member := "customProperties"
	if name == fixture.Native {
		member = "properties"
	}
	if props, ok := e.Get(member); ok && reserved && l.p.ReservedProperties != nil {
		if o, ok := props.(*value.Object); ok {
			for _, p := range l.p.ReservedProperties.Properties {
				o.Set(p.Key, value.Of("name", p.Name, "values", value.List{"one", "two"}))
			}
		}
	}
	return e
}

// requestRoot is what the address and headers of a hook see.
func (l *linter) requestRoot(reserved bool) *value.Object {
	if l.native() {
		return l.bodyRoot(fixture.Native, reserved)
	}
	root := fill(value.Of(), l.p.Forms.Installation)
	root.Set("oauth", l.connected())
	root.Set("context", l.event("flag", reserved))
	return root
}

// bodyRoot is what the body of a hook sees.
func (l *linter) bodyRoot(event string, reserved bool) *value.Object {
	if l.native() {
		return value.Of("event", l.event(fixture.Native, reserved), "config", fill(value.Of(), l.p.Forms.Installation), "connection", l.connected())
	}
	root := l.event(event, reserved)
	root.Set("formVariables", fill(value.Of("oauth", l.connected()), l.p.Forms.Installation))
	return root
}

func (l *linter) native() bool { return l.p.View() == manifest.ViewNative }

// dialect says how the site's template is rendered.
func (l *linter) dialect(s manifest.Site) template.Dialect { return s.Renders(l.p.View()) }

// synthetic makes data in which all is there that a template reads: a number
// where it comes out bare in JSON, else a text.
func synthetic(v template.View) *value.Object {
	root := &value.Object{}
	reads := slices.Clone(v.Reads)
	// Longer paths first: what holds something is no text.
	slices.SortStableFunc(reads, func(a, b template.Read) int { return len(b.Path) - len(a.Path) })
	for _, r := range reads {
		if r.Known && len(r.Path) > 0 {
			leaf := value.Value("text")
			if r.Output && !r.InString {
				leaf = json.Number("1")
			}
			grow(root, r.Path, leaf)
		}
	}
	return root
}

// grow puts a leaf at a path; "*" is the one item of a list.
func grow(v value.Value, path []string, leaf value.Value) value.Value {
	if len(path) == 0 {
		if v == nil {
			return leaf
		}
		return v
	}
	step := path[0]
	if step == "*" {
		list, ok := v.(value.List)
		if !ok {
			if v != nil {
				return v // it has been an object for others
			}
			list = value.List{nil}
		}
		list[0] = grow(list[0], path[1:], leaf)
		return list
	}
	o, ok := v.(*value.Object)
	if !ok {
		if v != nil {
			return v
		}
		o = &value.Object{}
	}
	inner, _ := o.Get(step)
	o.Set(step, grow(inner, path[1:], leaf))
	return o
}
