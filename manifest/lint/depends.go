package lint

import (
	"github.com/guestright/guestright/manifest"
)

// dependencies: a field depends on fields that exist, and not on itself through
// others.
func (l *linter) dependencies() {
	forms := map[string]manifest.Form{}
	for _, f := range l.p.AllForms() {
		forms[f.Name] = f.Form
	}
	for _, f := range l.p.AllForms() {
		for i, d := range f.Form {
			for j, dep := range d.DependsOn {
				at := index(index(f.Pointer, i)+"/dependsOn", j)
				if len(dep.Conditions) == 0 {
					l.lint(manifest.Warning, "form.depends-always", at, "Without a condition this always holds.", "Add a condition.")
				}
				if _, ok := l.target(forms, f.Name, dep); !ok {
					l.lint(manifest.Error, "form.depends-unknown", at, "There is no such field in that form.", "Name a field that is there.")
				}
			}
			if l.circle(forms, f.Name, d) {
				l.lint(manifest.Error, "form.depends-circle", index(f.Pointer, i)+"/dependsOn", "The field depends on itself.", "Break the circle.")
			}
		}
	}
}

type place struct{ form, key string }

// target finds the field that a dependency looks at. A capability's own form is
// also its installation's.
func (l *linter) target(forms map[string]manifest.Form, in string, dep manifest.Dependency) (place, bool) {
	if _, ok := forms[dep.Form].Variable(dep.Variable); ok {
		return place{dep.Form, dep.Variable}, true
	}
	if _, ok := forms[in].Variable(dep.Variable); ok && (in == "snapshot" || in == "action") {
		return place{in, dep.Variable}, true
	}
	return place{}, false
}

// circle follows dependencies from a field until it meets it again.
func (l *linter) circle(forms map[string]manifest.Form, form string, d manifest.Variable) bool {
	start := place{form, d.Key}
	seen := map[place]bool{}
	var reach func(at place) bool
	reach = func(at place) bool {
		v, _ := forms[at.form].Variable(at.key)
		for _, dep := range v.DependsOn {
			to, ok := l.target(forms, at.form, dep)
			switch {
			case !ok || seen[to]:
				continue
			case to == start:
				return true
			}
			seen[to] = true
			if reach(to) {
				return true
			}
		}
		return false
	}
	return reach(start)
}
