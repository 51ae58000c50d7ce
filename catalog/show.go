package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Shown is what one call needs, in every vocabulary.
type Shown struct {
	Operation    string             `json:"operation"`
	Method       string             `json:"method"`
	Path         string             `json:"path" doc:"The route's path template"`
	Summary      string             `json:"summary,omitempty"`
	Needs        access.Needs       `json:"needs" doc:"The and/or expression that the gateway enforces; null when unmapped or public"`
	Text         string             `json:"text"`
	Source       Source             `json:"source"`
	Public       bool               `json:"public,omitempty"`
	Unmapped     bool               `json:"unmapped,omitempty" doc:"Nobody has said what the operation needs; every call is refused"`
	Resource     string             `json:"resource,omitempty"`
	Kind         string             `json:"kind,omitempty"`
	Cost         int                `json:"cost"`
	Alternatives [][]access.Atom    `json:"alternatives,omitempty" doc:"Every smallest set that satisfies the expression"`
	Scopes       []ShownScope       `json:"scopes,omitempty"`
	Entitlements []ShownEntitlement `json:"entitlements,omitempty"`
	Deprecated   *Deprecation       `json:"deprecated,omitempty"`
	Until        *time.Time         `json:"until,omitempty" doc:"Until then the former requirement is accepted as well"`
	Was          *access.Needs      `json:"was,omitempty"`
}

// ShownScope is a scope that helps to satisfy a requirement.
type ShownScope struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Explanation string   `json:"explanation,omitempty"`
	Risk        string   `json:"risk"`
	Gives       []string `json:"gives,omitempty" doc:"Entitlements of this requirement that the scope gives"`
}

// ShownEntitlement is an entitlement of a requirement and where the product's own screens have it.
type ShownEntitlement struct {
	Name          string      `json:"name"`
	Label         string      `json:"label,omitempty"`
	Explanation   string      `json:"explanation,omitempty"`
	Administrator bool        `json:"administrator,omitempty"`
	Privileges    []Privilege `json:"privileges,omitempty"`
}

// Show says what a call needs. The path is that of a request or the template itself; an internal route counts as absent.
func (c *Catalog) Show(method, path string) (Shown, error) {
	method = strings.ToUpper(method)
	if r, ok := c.byKey[method+" "+path]; ok && !r.Internal {
		return c.shown(r), nil
	}
	path, _, _ = strings.Cut(path, "?")
	var p Params
	r, miss := c.Match(method, path, &p)
	switch {
	case miss == MethodNotAllowed:
		return Shown{}, problem.NotFound("operation").With("allowed", c.Allowed(path))
	case miss == NotFound || r.Internal:
		return Shown{}, problem.NotFound("operation")
	}
	return c.shown(r), nil
}

// ShowOperation is Show by operation id or "METHOD /path".
func (c *Catalog) ShowOperation(operation string) (Shown, error) {
	r, ok := c.byKey[operation]
	if !ok {
		if method, path, two := strings.Cut(operation, " "); two {
			return c.Show(method, strings.TrimSpace(path))
		}
		return Shown{}, problem.NotFound("operation")
	}
	return c.shown(r), nil
}

func (c *Catalog) shown(r *Route) Shown {
	s := Shown{Operation: r.Operation, Method: r.Method, Path: r.Template, Needs: r.Needs, Text: r.Needs.String(), Source: r.Source,
		Public: r.Public, Unmapped: r.Unmapped(), Resource: r.ResourceText(), Kind: r.Kind, Cost: r.Cost,
		Alternatives: r.Needs.Minimal(), Deprecated: r.Deprecated}
	if o := c.operations[r.Operation]; o != nil {
		s.Summary = o.Summary
	}
	if r.Interim != nil {
		s.Until, s.Was = &r.Interim.Until, &r.Interim.Was
	}
	var entitlements []string
	for _, a := range r.Needs.Atoms() {
		if a.Kind == access.KindEntitlement {
			entitlements = append(entitlements, a.Name)
			about := c.file.Entitlements[a.Name]
			s.Entitlements = append(s.Entitlements, ShownEntitlement{Name: a.Name, Label: about.Label, Explanation: about.Explanation,
				Administrator: about.Administrator, Privileges: c.Privileges(a.Name)})
			continue
		}
		s.Scopes = append(s.Scopes, c.shownScope(a.Name, nil))
	}
	for _, name := range c.Scopes() {
		var gives []string
		for _, e := range c.gives[name] {
			if slices.Contains(entitlements, e) {
				gives = append(gives, e)
			}
		}
		if len(gives) > 0 && !slices.ContainsFunc(s.Scopes, func(have ShownScope) bool { return have.Name == name }) {
			s.Scopes = append(s.Scopes, c.shownScope(name, gives))
		}
	}
	return s
}

func (c *Catalog) shownScope(name string, gives []string) ShownScope {
	sc := c.scopes[name]
	return ShownScope{Name: name, Label: sc.Label, Explanation: sc.Explanation, Risk: sc.Risk, Gives: gives}
}

// Render gives the answer for a terminal.
func (s Shown) Render() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", s.Method, s.Path)
	if s.Summary != "" {
		fmt.Fprintf(&b, "  (%s)", s.Summary)
	}
	switch {
	case s.Unmapped:
		b.WriteString("\n  unmapped: every call is refused with operation_unmapped until you declare what it needs\n")
	case s.Public:
		b.WriteString("\n  public: any installed application may call it\n")
	default:
		fmt.Fprintf(&b, "\n  needs     %s\n  from      %s\n", s.Text, s.Source)
	}
	if s.Resource != "" {
		fmt.Fprintf(&b, "  resource  %s\n", s.Resource)
	}
	for _, sc := range s.Scopes {
		fmt.Fprintf(&b, "  scope     %s (%s, %s risk)\n", sc.Name, sc.Label, sc.Risk)
	}
	for _, e := range s.Entitlements {
		for _, p := range e.Privileges {
			fmt.Fprintf(&b, "  privilege %s: %s (%s)\n", e.Name, p.Label, p.Screen)
		}
	}
	return b.String()
}
