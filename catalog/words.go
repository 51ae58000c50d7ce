package catalog

import (
	"strings"

	"github.com/guestright/guestright/access"
)

// Words names the types and actions of the catalog for people.
func (c *Catalog) Words() access.Words {
	w := access.Words{Kinds: map[string]string{"acct": "account"}, Actions: map[string]string{}}
	depth := map[string]int{}
	for _, k := range c.file.Resources {
		t, err := parseTemplate(k.Path)
		if err != nil || len(t.steps) == 0 {
			continue
		}
		kind := t.steps[len(t.steps)-1].kind
		noun, _, _ := strings.Cut(k.Label, " in ") // "Flag in one environment" is still a flag
		if n, seen := depth[kind]; noun == "" || seen && n <= len(t.steps) {
			continue
		}
		depth[kind], w.Kinds[kind] = len(t.steps), strings.ToLower(noun)
	}
	for _, a := range c.Actions() {
		if a.Label != a.Name {
			w.Actions[a.Name] = a.Label
		}
	}
	return w
}
