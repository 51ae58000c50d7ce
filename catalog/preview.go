package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest"
)

// Gated is a part of the product that not everybody may use yet: operations and types of events name it, and it names
// capabilities of integrations. Only groups whose tier brings it, or to which the operator has granted it, pass.
type Gated struct {
	Label       string `yaml:"label" json:"label,omitempty"`
	Explanation string `yaml:"explanation" json:"explanation,omitempty"`
	// Capabilities are those of the integration framework, such as inboundTrigger, that belong to it.
	Capabilities []string `yaml:"capabilities" json:"capabilities,omitempty"`
}

// Tier is a step of the partner programme and what it brings.
type Tier struct {
	Label       string   `yaml:"label" json:"label,omitempty"`
	Explanation string   `yaml:"explanation" json:"explanation,omitempty"`
	Plan        string   `yaml:"plan" json:"plan,omitempty"`         // a plan of this file that members are put on
	Support     string   `yaml:"support" json:"support,omitempty"`   // where members get help, in words
	Listing     string   `yaml:"listing" json:"listing,omitempty"`   // what members get in the directory, in words
	Previews    []string `yaml:"previews" json:"previews,omitempty"` // parts that members may use early
	Badge       bool     `yaml:"badge" json:"badge,omitempty"`       // members may show a badge, and the directory shows it on what they list
	First       bool     `yaml:"first" json:"first,omitempty"`       // what members list stands first in the directory
}

func (c *checker) previews() {
	known := func(at, name string) {
		if _, ok := c.file.Previews[name]; name != "" && !ok {
			c.say(at, "catalog.unknown_name", "There is no preview of this name in previews.")
		}
	}
	in := map[string]string{} // which preview a capability belongs to
	for _, name := range slices.Sorted(maps.Keys(c.file.Previews)) {
		c.short("/previews/"+name, name)
		for i, capability := range c.file.Previews[name].Capabilities {
			at := "/previews/" + name + "/capabilities/" + strconv.Itoa(i)
			if !slices.Contains(manifest.CapabilityNames, capability) {
				c.say(at, "catalog.unknown_name", "There is no capability of this name. One of "+strings.Join(manifest.CapabilityNames, ", ")+" is expected here.")
			} else if other, taken := in[capability]; taken {
				c.say(at, "catalog.conflict", "The capability belongs to the preview "+other+" already.")
			}
			in[capability] = name
		}
	}
	for name, o := range c.file.Operations {
		known("/operations/"+name+"/preview", o.Preview)
		if o.Preview != "" && o.Internal {
			c.say("/operations/"+name+"/preview", "catalog.conflict", "An internal operation is not for third parties at all.")
		}
	}
	for name, e := range c.file.Events {
		known("/events/"+name+"/preview", e.Preview)
	}
	for name, t := range c.file.Tiers {
		at := "/tiers/" + name
		c.short(at, name)
		if _, ok := c.file.Plans[t.Plan]; t.Plan != "" && t.Plan != "development" && !ok {
			c.say(at+"/plan", "catalog.unknown_name", "There is no plan of this name.")
		}
		for _, p := range t.Previews {
			known(at+"/previews", p)
		}
	}
}

// short wants a name that can stand in an address.
func (c *checker) short(at, name string) {
	if name == "" || len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		c.say(at, "catalog.name", "The name has 1 to 40 small letters, digits, hyphens and underscores.")
	}
}

// Preview finds a preview.
func (c *Catalog) Preview(name string) (Gated, bool) {
	p, ok := c.file.Previews[name]
	if p.Label == "" {
		p.Label = name
	}
	return p, ok
}

// Tier finds a tier of the partner programme.
func (c *Catalog) Tier(name string) (Tier, bool) {
	t, ok := c.file.Tiers[name]
	if t.Label == "" {
		t.Label = name
	}
	return t, ok
}

// CapabilityPreview names the preview that a capability of integrations belongs to; "": it is open to everybody.
func (c *Catalog) CapabilityPreview(capability string) string {
	for name, p := range c.file.Previews {
		if slices.Contains(p.Capabilities, capability) {
			return name
		}
	}
	return ""
}

// Previewed names the operations, the types of events and the capabilities of a preview, sorted.
func (c *Catalog) Previewed(name string) []string {
	out := slices.Clone(c.file.Previews[name].Capabilities)
	if out == nil {
		out = []string{}
	}
	for _, r := range c.routes {
		if r.Preview == name && !slices.Contains(out, r.Operation) {
			out = append(out, r.Operation)
		}
	}
	for event, e := range c.events {
		if e.Preview == name {
			out = append(out, event)
		}
	}
	slices.Sort(out)
	return out
}
