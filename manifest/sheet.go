package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// Sheet is forms that are filled in together: a field may depend on one of
// another form. Both maps go by the form's name.
type Sheet struct {
	Forms  map[string]Form
	Values map[string]Values
}

// Sheet puts the installation's form and those of a change approval together.
func (p Package) Sheet() Sheet {
	s := Sheet{Forms: map[string]Form{FormInstallation: p.Forms.Installation}, Values: map[string]Values{}}
	if a := p.ChangeApproval; a != nil {
		s.Forms[FormScope], s.Forms[FormRequest] = a.Forms.Scope, a.Forms.Request
	}
	return s
}

// alone is the sheet of one form.
func (f Form) alone(v Values) Sheet {
	return Sheet{Forms: map[string]Form{FormInstallation: f}, Values: map[string]Values{FormInstallation: v}}
}

// Visible gives the fields that are shown for these values.
func (f Form) Visible(v Values) Form { return f.alone(v).Visible(FormInstallation) }

// Visible gives the fields of one form that are shown.
func (s Sheet) Visible(form string) Form {
	j := s.judge()
	var out Form
	for _, d := range s.Forms[form] {
		if j.shown(form, d) && !(d.HideEmpty.Get() && blank(j.value(form, d))) {
			out = append(out, d)
		}
	}
	return out
}

// Complete gives the values to save: those of hidden fields are dropped, blank
// ones are replaced by their defaults.
func (f Form) Complete(v Values) Values { return f.alone(v).Complete(FormInstallation) }

// Complete gives the values of one form to save.
func (s Sheet) Complete(form string) Values {
	j := s.judge()
	out := Values{}
	for _, d := range s.Forms[form] {
		if v := j.value(form, d); v != nil {
			out[d.Key] = v
		}
	}
	return out
}

// judge decides once for each field whether it is shown.
type judge struct {
	Sheet
	known map[string]bool // by form and key; of a field that is being asked for: how it begins
}

func (s Sheet) judge() *judge { return &judge{s, map[string]bool{}} }

// value is what a field counts as: what was filled in when it is shown, else its
// default; nil: nothing.
func (j *judge) value(form string, d Variable) any {
	v := j.Values[form][d.Key]
	made := d.Type == TypeGenerated || d.Type == TypePublicKey
	if !blank(v) && (made || j.shown(form, d)) {
		return v
	}
	return d.otherwise()
}

// shown applies the dependencies in their order: the last one that holds wins.
// Fields that depend on one another in a circle count as they begin.
func (j *judge) shown(form string, d Variable) bool {
	me := form + "/" + d.Key
	shown, known := j.known[me]
	if known {
		return shown
	}
	shown = !d.Hidden.Get()
	j.known[me] = shown
	for _, dep := range d.DependsOn {
		other, ok := j.Forms[dep.Form].Variable(dep.Variable)
		if !ok {
			continue
		}
		v := j.value(dep.Form, other)
		if !slices.ContainsFunc(dep.Conditions, func(c Condition) bool { return !c.holds(v) }) {
			shown = dep.Action == "show"
		}
	}
	j.known[me] = shown
	return shown
}

// otherwise is the value of a field that nobody fills in.
func (d Variable) otherwise() any {
	switch {
	case d.Type == TypeMultiselect && d.Preselected != nil:
		return slices.Clone(d.Preselected)
	case d.Type == TypeBoolean:
		on, _ := d.Default.Get().(bool)
		return on
	case d.Default.Present():
		return d.typed(d.Default.Get())
	}
	return nil
}

// holds compares texts; a boolean is true or false, ordering needs two numbers,
// and a list contains what one of its items is.
func (c Condition) holds(v any) bool {
	if list, ok := v.([]string); ok && c.Operator == "contains" {
		return slices.Contains(list, c.Value)
	}
	text := textOf(v)
	switch c.Operator {
	case "equalTo":
		return text == c.Value
	case "notEqual":
		return text != c.Value
	case "contains":
		return strings.Contains(text, c.Value)
	case "startsWith":
		return strings.HasPrefix(text, c.Value)
	case "endsWith":
		return strings.HasSuffix(text, c.Value)
	}
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(c.Value, 64)
	if errA != nil || errB != nil {
		return false
	}
	switch c.Operator {
	case "lessThan":
		return a < b
	case "lessThanOrEqualTo":
		return a <= b
	case "greaterThan":
		return a > b
	case "greaterThanOrEqualTo":
		return a >= b
	}
	return false
}
