package access_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/guestright/guestright/access"
)

// The translation reads the texts of a policy anew, by the published grammar and without the code of the package.

const never, always = "false", "true"

// asCedar writes each statement as a Cedar policy.
func asCedar(t testing.TB, p access.Policy, given access.Attributes) *cedar.PolicySet {
	t.Helper()
	var b strings.Builder
	for _, s := range p {
		effect := "permit"
		if s.Effect == access.Deny {
			effect = "forbid"
		}
		fmt.Fprintf(&b, "%s (principal, action, resource) when { %s };\n", effect, condition(s, given))
	}
	set, err := cedar.NewPolicySetFromBytes("p", []byte(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return set
}

// condition is when a statement applies. Facts that are unknown make an allowance not apply and a denial apply; so does
// an exception by a role attribute without a value.
func condition(s access.Statement, given access.Attributes) string {
	denies, open := s.Effect == access.Deny, false
	var action, resource []string
	for _, text := range append(append([]string{}, s.Actions...), s.NotActions...) {
		texts := fill(text, given, func(v string) string { return v })
		open = open || len(s.NotActions) > 0 && len(texts) == 0
		for _, one := range texts {
			action = append(action, like("context.action", one, nil))
		}
	}
	// A denial applies where it may match; an exception takes away only what surely matches it, and the other way round.
	surely := denies == (len(s.NotResources) > 0)
	for _, text := range append(append([]string{}, s.Resources...), s.NotResources...) {
		texts := fill(text, given, worldEscape.Replace)
		open = open || len(s.NotResources) > 0 && len(texts) == 0
		for _, one := range texts {
			resource = append(resource, matches(one, surely))
		}
	}
	a, r := either(action), either(resource)
	if len(s.NotActions) > 0 {
		a = "!(" + a + ")"
	}
	if len(s.NotResources) > 0 {
		r = "!(" + r + ")"
	}
	if open && !denies {
		return never
	}
	return "(" + a + ") && (" + r + ")"
}

func either(list []string) string {
	if len(list) == 0 {
		return never
	}
	return "(" + strings.Join(list, ") || (") + ")"
}

// fill gives the text with every choice of values for its role attributes.
func fill(text string, given access.Attributes, write func(string) string) []string {
	_, rest, found := strings.Cut(text, "${roleAttribute/")
	if !found {
		return []string{text}
	}
	key, _, _ := strings.Cut(rest, "}")
	var out []string
	for _, v := range given[key] {
		out = append(out, fill(strings.ReplaceAll(text, "${roleAttribute/"+key+"}", write(v)), given, write)...)
	}
	return out
}

// matches is when a specifier matches the resource: surely, or at least maybe.
func matches(text string, surely bool) string {
	if text == "*" {
		return always
	}
	var kinds, and []string
	for i, seg := range segmentsOf(text) {
		parts := strings.Split(seg, ";")
		kind, name, named := strings.Cut(parts[0], "/")
		kinds = append(kinds, kind)
		if named {
			and = append(and, like(fmt.Sprintf("resource.s%d_name0", i), name, unescape))
		}
		var facts []string
		for _, q := range parts[1:] {
			facts = append(facts, fact(i, q)...)
		}
		if len(facts) > 0 {
			known, all := fmt.Sprintf("resource.s%d_known0", i), "("+strings.Join(facts, ") && (")+")"
			if surely {
				and = append(and, known+" && "+all)
			} else {
				and = append(and, "!"+known+" || ("+all+")")
			}
		}
	}
	and = append([]string{fmt.Sprintf("resource.kinds == %q", strings.Join(kinds, ":"))}, and...)
	return "(" + strings.Join(and, ") && (") + ")"
}

// segmentsOf cuts at colons; a part without a slash belongs to the condition before it (`;view:key`, `;{name:value}`).
func segmentsOf(text string) []string {
	var out []string
	for i, part := range strings.Split(text, ":") {
		if i > 0 && !strings.Contains(part, "/") {
			out[len(out)-1] += ":" + part
			continue
		}
		out = append(out, part)
	}
	return out
}

func fact(i int, q string) []string {
	if inner, ok := strings.CutPrefix(q, "{"); ok {
		name, value, _ := strings.Cut(strings.TrimSuffix(inner, "}"), ":")
		has := fmt.Sprintf("resource has s%d_prop_%s", i, name)
		there := like(fmt.Sprintf("resource.s%d_prop_%s", i, name), value, unescape)
		return []string{fmt.Sprintf("if %s then %s else %s", has, there, like(`"false"`, value, unescape))}
	}
	if key, ok := strings.CutPrefix(q, "view:"); ok {
		return []string{oneOf(i, "link", key)}
	}
	var out []string
	for _, tag := range strings.Split(q, ",") {
		out = append(out, oneOf(i, "tag", tag))
	}
	return out
}

// oneOf asks whether one of the numbered attributes is like the text: Cedar's sets cannot be asked for a pattern.
func oneOf(i int, what, text string) string {
	var or []string
	for j := range 3 {
		attr := fmt.Sprintf("s%d_%s%d", i, what, j)
		or = append(or, "resource has "+attr+" && "+like("resource."+attr, text, unescape))
	}
	return either(or)
}

// like compares with a Cedar pattern, in which * is the wildcard and \* a star.
func like(what, text string, decode func(string) string) string {
	parts := strings.Split(text, "*")
	for i, p := range parts {
		if decode != nil {
			p = decode(p)
		}
		p = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "*", `\*`).Replace(p)
		parts[i] = p
	}
	return what + ` like "` + strings.Join(parts, "*") + `"`
}

func unescape(s string) string {
	return strings.NewReplacer("%25", "%", "%3A", ":", "%2F", "/", "%3B", ";", "%2C", ",", "%2A", "*", "%7B", "{", "%7D", "}", "%24", "$").Replace(s)
}
