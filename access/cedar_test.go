package access_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"github.com/guestright/guestright/access"
)

// Cedar (https://www.cedarpolicy.com) is a policy engine of others with a formal semantics. Here it is the oracle: every
// statement is written as a Cedar policy over an entity that stands for the resource, and both must give the same answer.

const (
	cedarSeed     = 20260302
	cedarPolicies = 10_000
	cedarAsked    = 6 // questions to each
)

func TestCedarAgrees(t *testing.T) {
	t.Parallel()
	g := &world{rand: rand.New(rand.NewPCG(cedarSeed, 1))}
	var made, yes, no, unknown int
	for made < cedarPolicies {
		layers, given := g.layers(), g.attributes()
		ours := make([]access.Layer, 0, len(layers))
		var oracle [][]*cedar.PolicySet
		for _, l := range layers {
			var compiled access.Layer
			var sets []*cedar.PolicySet
			for _, p := range l {
				rules, err := p.Compile(given)
				if err != nil {
					t.Fatalf("%+v: %v", p, err)
				}
				compiled, sets, made = append(compiled, rules), append(sets, asCedar(t, p, given)), made+1
			}
			ours, oracle = append(ours, compiled), append(oracle, sets)
		}
		for range cedarAsked {
			action, on := g.action(), g.resource()
			entities, ask := cedarQuestion(action, on)
			want := true
			for _, sets := range oracle {
				any := false
				for _, set := range sets {
					decision, diagnostic := cedar.Authorize(set, entities, ask)
					if len(diagnostic.Errors) > 0 {
						t.Fatalf("Cedar cannot decide: %v", diagnostic.Errors)
					}
					any = any || decision == cedar.Allow
				}
				want = want && any
			}
			if got := access.Permits(ours, action, &on); got != want {
				t.Fatalf("after %d policies: %s on %s with %v\n%s\nwe say %v, Cedar %v", made, action, on.Text(), given, written(layers), got, want)
			}
			if bound := g.bound(t, layers, given); access.Permits(bound, action, &on) != want {
				t.Fatalf("after %d policies: with the attributes written in, %s on %s differs\n%s", made, action, on.Text(), written(layers))
			}
			if want {
				yes++
			} else {
				no++
			}
			for _, s := range on.Segments() {
				if !s.Facts.Known {
					unknown++
					break
				}
			}
		}
	}
	// A generator that only ever asks one kind of question would prove nothing.
	if asked := yes + no; yes < asked/10 || no < asked/10 || unknown < asked/10 || unknown > asked*9/10 {
		t.Errorf("%d allowed, %d refused, %d with something unknown: the questions are lopsided", yes, no, unknown)
	}
	t.Logf("%d policies, %d questions: %d allowed, %d refused, %d with unknown facts", made, yes+no, yes, no, unknown)
}

// world makes random policies and questions from few words, so that they often meet.
type world struct{ rand *rand.Rand }

var (
	worldNames  = []string{"a", "ab", "aab", "ops_a", "prod", "Prod", "b*c", "x:y", "50%", "größe", "q\"\\"}
	worldTags   = []string{"t1", "t2", "qa_eu", "qa,us"}
	worldKinds  = [][]string{{"proj"}, {"proj", "env"}, {"proj", "env", "flag"}, {"acct"}, {"webhook"}}
	worldVerbs  = []string{"updateOn", "updateName", "deleteFlag", "flag:view", "flag:update", "view"}
	worldProps  = []string{"critical", "archived"}
	worldLinks  = []string{"mine", "a"}
	worldKeys   = []string{"team", "p"}
	worldEscape = strings.NewReplacer("%", "%25", ":", "%3A", "/", "%2F", ";", "%3B", ",", "%2C", "*", "%2A", "{", "%7B", "}", "%7D", "$", "%24")
)

func (g *world) n(n int) int { return g.rand.IntN(n) }

func (g *world) odds(percent int) bool { return g.n(100) < percent }

func pick[T any](g *world, from []T) T { return from[g.n(len(from))] }

// glob turns a word into a pattern that often matches it.
func (g *world) glob(word string, escape *strings.Replacer) string {
	runes := []rune(word)
	write := func(r []rune) string {
		if escape == nil {
			return string(r)
		}
		return escape.Replace(string(r))
	}
	i := g.n(len(runes) + 1)
	switch g.n(6) {
	case 0, 1:
		return "*"
	case 2:
		return write(runes[:i]) + "*" + write(runes[i:])
	case 3:
		return write(runes[:i]) + "*"
	case 4:
		return "*" + write(runes[i:])
	}
	return write(runes)
}

func (g *world) name(words []string) string {
	text := g.glob(pick(g, words), worldEscape)
	if g.odds(12) {
		return "${roleAttribute/" + pick(g, worldKeys) + "}"
	}
	if g.odds(4) {
		return text + "${roleAttribute/" + pick(g, worldKeys) + "}"
	}
	return text
}

func (g *world) specifier() string {
	if g.odds(8) {
		return "*"
	}
	var b strings.Builder
	for i, kind := range pick(g, worldKinds) {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(kind)
		if kind == "acct" {
			continue
		}
		b.WriteString("/" + g.name(worldNames))
		if g.odds(15) {
			b.WriteString(";" + g.name(worldTags))
			if g.odds(30) {
				b.WriteString("," + g.name(worldTags))
			}
		}
		if g.odds(10) {
			b.WriteString(";{" + pick(g, worldProps) + ":" + pick(g, []string{"true", "false", "t*", "*"}) + "}")
		}
		if g.odds(8) {
			b.WriteString(";view:" + g.name(worldLinks))
		}
	}
	return b.String()
}

func some[T any](g *world, most int, make func() T) []T {
	var out []T
	for range 1 + g.n(most) {
		out = append(out, make())
	}
	return out
}

func (g *world) statement() access.Statement {
	s := access.Statement{Effect: access.Allow}
	if g.odds(35) {
		s.Effect = access.Deny
	}
	action := func() string {
		if g.odds(3) {
			return "${roleAttribute/verb}"
		}
		return g.glob(pick(g, worldVerbs), nil)
	}
	if g.odds(20) {
		s.NotActions = some(g, 3, action)
	} else {
		s.Actions = some(g, 3, action)
	}
	if g.odds(20) {
		s.NotResources = some(g, 3, g.specifier)
	} else {
		s.Resources = some(g, 3, g.specifier)
	}
	return s
}

func (g *world) layers() [][]access.Policy {
	return some(g, 2, func() []access.Policy {
		return some(g, 2, func() access.Policy { return some(g, 4, g.statement) })
	})
}

func (g *world) attributes() access.Attributes {
	out := access.Attributes{}
	for _, key := range worldKeys {
		for range g.n(3) {
			out[key] = append(out[key], pick(g, worldNames))
		}
	}
	if g.odds(50) {
		out["verb"] = []string{pick(g, worldVerbs)}
	}
	return out
}

func (g *world) action() string { return pick(g, worldVerbs) }

func (g *world) resource() access.Resource {
	var segments []access.Segment
	for _, kind := range pick(g, worldKinds) {
		s := access.Segment{Kind: kind}
		if kind != "acct" {
			s.Name = pick(g, worldNames)
		}
		if s.Facts.Known = g.odds(70); s.Facts.Known {
			for range g.n(3) {
				s.Facts.Tags = append(s.Facts.Tags, pick(g, worldTags))
			}
			for _, p := range worldProps {
				if g.odds(60) {
					s.Facts.Properties = append(s.Facts.Properties, access.Pair{Name: p, Value: pick(g, []string{"true", "false"})})
				}
			}
			if g.odds(40) {
				s.Facts.Links = append(s.Facts.Links, access.Pair{Name: "view", Value: pick(g, worldLinks)})
			}
		}
		segments = append(segments, s)
	}
	return access.NewResource(segments...)
}

// bound writes the attributes into the policies and compiles those without any.
func (g *world) bound(t *testing.T, layers [][]access.Policy, given access.Attributes) []access.Layer {
	t.Helper()
	var out []access.Layer
	for _, l := range layers {
		var compiled access.Layer
		for _, p := range l {
			b, err := p.Bind(given)
			if err != nil {
				t.Fatal(err)
			}
			rules, err := b.Compile(nil)
			if err != nil {
				t.Fatalf("%+v: %v", b, err)
			}
			compiled = append(compiled, rules)
		}
		out = append(out, compiled)
	}
	return out
}

func written(layers [][]access.Policy) string {
	var b strings.Builder
	for i, l := range layers {
		for j, p := range l {
			for k, s := range p {
				fmt.Fprintf(&b, "layer %d, policy %d, statement %d: %+v\n", i, j, k, s)
			}
		}
	}
	return b.String()
}

// cedarQuestion is the question in Cedar's terms: one entity for the resource, whose attributes are the names and facts of
// its segments by number.
func cedarQuestion(action string, on access.Resource) (types.EntityMap, cedar.Request) {
	attrs := types.RecordMap{"kinds": types.String(on.Kinds())}
	for i, s := range on.Segments() {
		at := func(what string, j int) types.String { return types.String(fmt.Sprintf("s%d_%s%d", i, what, j)) }
		attrs[at("name", 0)] = types.String(s.Name)
		attrs[at("known", 0)] = types.Boolean(s.Facts.Known)
		for j, tag := range s.Facts.Tags {
			attrs[at("tag", j)] = types.String(tag)
		}
		for _, p := range s.Facts.Properties {
			attrs[types.String(fmt.Sprintf("s%d_prop_%s", i, p.Name))] = types.String(p.Value)
		}
		for j, l := range s.Facts.Links {
			attrs[at("link", j)] = types.String(l.Value)
		}
	}
	resource := types.NewEntityUID("Resource", "it")
	return types.EntityMap{resource: types.Entity{UID: resource, Attributes: types.NewRecord(attrs)}},
		cedar.Request{Principal: types.NewEntityUID("Principal", "p"), Action: types.NewEntityUID("Action", "do"), Resource: resource,
			Context: types.NewRecord(types.RecordMap{"action": types.String(action)})}
}
