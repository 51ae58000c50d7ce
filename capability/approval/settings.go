package approval

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// settings are what an administrator chooses besides: fields that people fill in
// with each request, where the package allows more.
type settings struct {
	Fields manifest.Form `json:"fields"`
}

const fieldsMost = 20

// read gives the settings and what is wrong with them.
func read(in capability.Instance) (settings, []problem.Field) {
	var out settings
	if len(in.Settings) == 0 || string(in.Settings) == "null" {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(in.Settings))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return settings{}, []problem.Field{{Code: "malformed", Detail: `Write {"fields": […]}, each like a field of a package's form.`}}
	}
	m := in.Package.Manifest.ChangeApproval
	var bad []problem.Field
	say := func(at, code, detail string) {
		bad = append(bad, problem.Field{Pointer: at, Code: code, Detail: detail})
	}
	if m == nil || len(out.Fields) > 0 && !m.AllowExtraFields.Get() {
		say("/fields", "not_allowed", "The package takes no further fields.")
		return out, bad
	}
	if len(out.Fields) > fieldsMost {
		say("/fields", "too_many", "At most 20 fields.")
	}
	seen := map[string]bool{}
	for i, f := range out.Fields {
		at := "/fields/" + strconv.Itoa(i)
		_, known := m.Forms.Request.Variable(f.Key)
		if f.Key == "" || known || seen[f.Key] {
			say(at+"/key", "taken", "Each field has a key of its own.")
		}
		seen[f.Key] = true
		if f.Type != manifest.TypeString && f.Type != manifest.TypeBoolean && f.Type != manifest.TypeEnum || f.Type == manifest.TypeEnum && len(f.Choices) == 0 {
			say(at+"/type", "unknown", "One of string, boolean, and enum with its values.")
		}
		if f.Label == "" {
			say(at+"/label", "required", "People read the label.")
		}
	}
	return out, bad
}
