package manifest

import (
	"maps"
	"slices"

	"github.com/guestright/guestright/access"
)

// The sources of events.
const (
	SourceAudit  = "audit"  // every change that is recorded
	SourceSignal = "signal" // what the host notices besides changes
)

// The payloads of a hook.
const (
	PayloadTemplate = "template"
	PayloadStandard = "standard" // the standard form of the event
)

// EventHook sends matching events to the partner, each in the partner's form.
type EventHook struct {
	Source        string         `json:"source"`
	Filter        []Statement    `json:"filter,omitzero"` // what the administrator starts from
	Payload       Opt[string]    `json:"payload,omitzero"`
	Templates     *HookTemplates `json:"templates,omitempty"`
	Endpoint      *Endpoint      `json:"endpoint,omitempty"`
	Driver        Opt[string]    `json:"driver,omitzero"` // transport of the host instead of the endpoint
	ShowErrorBody Opt[bool]      `json:"showErrorBody,omitzero"`
	Triggers      Opt[any]       `json:"triggers,omitzero"` // nobody has said what this means; kept as it is
}

// HookTemplates are paths of template files in the package.
type HookTemplates struct {
	ByKind  map[string]string `json:"byKind,omitempty"` // by resource kind
	ByType  map[string]string `json:"byType,omitempty"` // by signal type
	Default Opt[string]       `json:"default,omitzero"`
	Test    Opt[string]       `json:"test,omitzero"` // for the button that tries the connection
}

// Statement is one of a default policy; every part may be absent.
type Statement struct {
	Effect       Opt[string] `json:"effect,omitzero"`
	Actions      []string    `json:"actions,omitzero"`
	NotActions   []string    `json:"notActions,omitzero"`
	Resources    []string    `json:"resources,omitzero"`
	NotResources []string    `json:"notResources,omitzero"`
}

// Standard says whether the body is the standard form of the event.
func (h EventHook) Standard() bool { return h.Payload.Get() == PayloadStandard }

// Template gives the path of the template for a kind (or type, for signals);
// false: nothing is sent.
func (h EventHook) Template(kind string) (string, bool) {
	t := h.Templates
	if t == nil || h.Standard() {
		return "", false
	}
	by := t.ByKind
	if h.Source == SourceSignal {
		by = t.ByType
	}
	if path, ok := by[kind]; ok {
		return path, true
	}
	return t.Default.Get(), t.Default.Present()
}

// Kinds names the kinds of resources that hooks have templates for.
func (p Package) Kinds() []string {
	kinds := map[string]bool{}
	for _, h := range p.EventHooks {
		if h.Templates != nil {
			for k := range h.Templates.ByKind {
				kinds[k] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// Policy gives the filter with what it leaves out filled in.
func (h EventHook) Policy() access.Policy {
	p := make(access.Policy, 0, len(h.Filter))
	for _, s := range h.Filter {
		p = append(p, access.Statement{
			Effect: access.Effect(s.Effect.Get()), Actions: s.Actions, NotActions: s.NotActions,
			Resources: s.Resources, NotResources: s.NotResources,
		})
	}
	return p.Defaults()
}
