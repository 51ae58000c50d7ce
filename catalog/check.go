package catalog

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// checker collects findings about a file that reads well but says something impossible.
type checker struct {
	file  File
	found []problem.Field
}

// check gives every finding with the path of the value at fault.
func (f File) check() []problem.Field {
	c := &checker{file: f}
	c.product()
	c.rules()
	for name, o := range f.Operations {
		c.override("/operations/"+name, o)
	}
	c.registry()
	c.resources()
	c.plans()
	c.previews()
	c.sandboxes()
	c.deprecations()
	for i, ch := range f.Changes {
		at := "/changes/" + strconv.Itoa(i)
		c.needs(at+"/was", ch.Was)
		if ch.Operation == "" {
			c.say(at, "catalog.missing", "The change does not name its operation.")
		}
		if ch.Starts.IsZero() {
			c.say(at, "catalog.missing", "The change needs the day on which it starts.")
		}
	}
	slices.SortFunc(c.found, func(a, b problem.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return c.found
}

func (c *checker) say(at, code, detail string) {
	c.found = append(c.found, problem.Field{Pointer: at, Code: code, Detail: detail})
}

func (c *checker) oneOf(at, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		c.say(at, "catalog.value", "One of "+strings.Join(allowed, ", ")+" is expected here.")
	}
}

func (c *checker) needs(at, text string) {
	if text == "" {
		c.say(at, "catalog.missing", "A requirement is expected here.")
		return
	}
	if _, err := access.ParseNeeds(text); err != nil {
		c.say(at, "catalog.needs", reason(err))
	}
}

// reason gives the words of the innermost finding.
func reason(err error) string {
	e := problem.Of(err)
	if len(e.Fields) > 0 {
		return e.Fields[0].Detail
	}
	return e.Detail
}

func (c *checker) product() {
	p := c.file.Product
	if p.Name == "" {
		c.say("/product", "catalog.missing", "The product needs a name.")
	}
	for name, raw := range p.Upstreams {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			c.say("/product/upstreams/"+name, "catalog.url", "An upstream is an http or https address with a host, without sign-in data, query or fragment.")
		}
	}
	if p.BasePath != "" && !strings.HasPrefix(p.BasePath, "/") {
		c.say("/product/base_path", "catalog.value", "The base path starts with a slash.")
	}
	c.oneOf("/product/account/missing", p.Account.Missing, "grant", "refuse")
	for i, k := range p.Account.Keys() {
		at := "/product/account"
		if i > 0 {
			at += "/also/" + strconv.Itoa(i-1)
		}
		c.oneOf(at+"/in", k.In, "path", "query", "header", "host", "none")
		switch {
		case k.In == "" || k.In != "none" && k.Name == "":
			c.say(at, "catalog.missing", "The place of the account's key needs `in` and `name`.")
		case k.In == "host" && strings.Count(k.Name, "{account}") != 1:
			c.say(at+"/name", "catalog.value", "The host pattern contains {account} once.")
		}
	}
}

func (c *checker) override(at string, o Override) {
	said := 0
	for _, is := range []bool{o.Needs != "", o.Entitlement != "", o.Public, o.Internal} {
		if is {
			said++
		}
	}
	if said > 1 {
		c.say(at, "catalog.conflict", "Say one of needs, entitlement, public and internal.")
	}
	if o.Needs != "" {
		c.needs(at+"/needs", o.Needs)
	}
	if o.Entitlement != "" {
		c.name(at+"/entitlement", o.Entitlement)
	}
	if o.Cost < 0 || o.Cost > 10_000 {
		c.say(at+"/cost", "catalog.value", "The cost is between 1 and 10,000 calls.")
	}
	if _, ok := c.file.Product.Upstreams[o.Upstream]; o.Upstream != "" && !ok {
		c.say(at+"/upstream", "catalog.unknown_name", "There is no upstream of this name in product.upstreams.")
	}
	if o.Resource != "" {
		c.resource(at+"/resource", o.Resource)
	}
	c.deprecation(at+"/deprecated", o.Deprecated)
	for version, gone := range o.RemovedIn {
		c.link(at+"/removed_in/"+version+"/link", gone.Link)
	}
}

// name refuses what access would refuse as the name of a scope or an entitlement.
func (c *checker) name(at, name string) {
	if _, err := access.ParseNeeds(access.Entitlement(name).Text()); err != nil {
		c.say(at, "catalog.name", reason(err))
	}
}

func (c *checker) resource(at, text string) {
	if slices.ContainsFunc(c.file.Resources, func(k Kind) bool { return k.Kind == text }) {
		return
	}
	if _, err := parseTemplate(text); err != nil {
		c.say(at, "catalog.resource", reason(err))
	}
}

func (c *checker) registry() {
	for name, s := range c.file.Scopes {
		c.name("/scopes/"+name, name)
		c.oneOf("/scopes/"+name+"/risk", s.Risk, "low", "medium", "high")
		c.names("/scopes/"+name+"/entitlements", s.Entitlements)
	}
	for name := range c.file.Entitlements {
		c.name("/entitlements/"+name, name)
	}
	for i, p := range c.file.Privileges {
		at := "/privileges/" + strconv.Itoa(i)
		if p.Label == "" || len(p.Entitlements) == 0 {
			c.say(at, "catalog.missing", "A privilege needs a label and at least one entitlement.")
		}
		c.names(at+"/entitlements", p.Entitlements)
	}
	for name, r := range c.file.Roles {
		c.names("/roles/"+name+"/entitlements", r.Entitlements)
	}
	for name, e := range c.file.Events {
		c.event("/events/"+name, name, e)
	}
}

func (c *checker) names(at string, names []string) {
	for i, n := range names {
		c.name(at+"/"+strconv.Itoa(i), n)
	}
}

func (c *checker) resources() {
	seen := map[string]bool{}
	for i, k := range c.file.Resources {
		at := "/resources/" + strconv.Itoa(i)
		if k.Kind == "" || seen[k.Kind] {
			c.say(at+"/kind", "catalog.value", "Every kind of resource has a name of its own.")
		}
		seen[k.Kind] = true
		if _, err := parseTemplate(k.Path); err != nil {
			c.say(at+"/path", "catalog.resource", reason(err))
		}
		c.instructions(at, k.Triggers)
		c.members(at, k)
		for j, u := range k.Under {
			if !strings.HasPrefix(u, "/") {
				c.say(at+"/under/"+strconv.Itoa(j), "catalog.value", "A route pattern starts with a slash.")
			}
		}
	}
}

func (c *checker) plans() {
	for name, p := range c.file.Plans {
		at := "/plans/" + name
		if p.Sites < 0 {
			c.say(at+"/sites", "catalog.value", "The number of sites is not negative.")
		}
		for i, l := range p.Limits {
			at := at + "/limits/" + strconv.Itoa(i)
			c.limit(at, l)
			for j, other := range p.Limits[:i] {
				if l.Per == other.Per && cmp.Or(l.Scope, "group") == cmp.Or(other.Scope, "group") {
					c.say(at, "catalog.value", "The limit number "+strconv.Itoa(j+1)+" of this plan has the same period and scope.")
				}
			}
		}
	}
}

func (c *checker) limit(at string, l Limit) {
	if l.Calls < 1 || l.Per != Month && time.Duration(l.Per) < time.Second {
		c.say(at, "catalog.value", "A limit is at least one call in a period of at least one second.")
	}
	c.oneOf(at+"/scope", l.Scope, "group", "application", "account", "key")
	c.oneOf(at+"/mode", l.Mode, "reject", "delay")
	for name, level := range map[string]int{"soft": l.Soft, "contract": l.Contract} {
		switch {
		case level == 0:
		case level < 0:
			c.say(at+"/"+name, "catalog.value", "A level is a number of calls above zero.")
		case !l.Long():
			c.say(at+"/"+name, "catalog.value", "Only limits of five minutes and more, and of a month, have levels.")
		case level > l.Calls && l.Mode != "delay":
			c.say(at+"/"+name, "catalog.value", "The level is never reached: calls above the limit are rejected. Lower it, or choose mode: delay.")
		}
	}
	if l.Soft > 0 && l.Contract > 0 && l.Soft > l.Contract {
		c.say(at+"/soft", "catalog.value", "The soft level comes before the contract level.")
	}
	if l.Pace != 0 && (l.Mode != "delay" || !l.Long()) {
		c.say(at+"/pace", "catalog.value", "Only limits of five minutes and more, and of a month, in mode: delay have a pace; a short one delays by its own rate.")
	}
	if l.MaxWait != 0 && l.Mode != "delay" {
		c.say(at+"/max_wait", "catalog.value", "Only mode: delay holds calls.")
	}
	if time.Duration(l.MaxWait) > MaxWaitMost {
		c.say(at+"/max_wait", "catalog.value", "A call is held for one minute at most.")
	}
	if l.Pace > 0 && cmp.Or(time.Duration(l.MaxWait), 5*time.Second) < time.Duration(l.Pace) {
		c.say(at+"/max_wait", "catalog.value", "No call above the limit would pass: the pace is longer than a call is held.")
	}
}

func (c *checker) rules() {
	r := c.file.Rules
	if r.Prose != nil {
		if _, err := compileProse(*r.Prose); err != nil {
			c.say("/rules/prose", "catalog.prose", reason(err))
		}
	}
	if r.Default == nil {
		return
	}
	if r.Default.Entitlement == "" || len(r.Default.Verbs) == 0 {
		c.say("/rules/default", "catalog.missing", "The default rule needs `entitlement` and `verbs`.")
	}
	for i, v := range r.Default.Verbs {
		if v.Verb == "" {
			c.say("/rules/default/verbs/"+strconv.Itoa(i), "catalog.missing", "The verb is missing.")
		}
	}
	rest := strings.NewReplacer("{kind}", "", "{verb}", "").Replace(r.Default.Entitlement)
	if strings.ContainsAny(rest, "{}") {
		c.say("/rules/default/entitlement", "catalog.value", "Only {kind} and {verb} may stand in braces here.")
	}
}
