package catalog

import (
	"regexp"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Reading is what a prose rule made of one text.
type Reading struct {
	Needs     access.Needs // unmapped when the text names none, or is ambiguous
	Names     []string     // every entitlement that the text names, in order
	Ambiguous string       // why the names could not be combined; "" when they could
	Aside     []string     // entitlements that the text only mentions, or asks for in some cases only
}

// statementKind says what a statement does with the entitlements that it names.
type statementKind uint8

const (
	kindNone    statementKind = iota
	kindRequire               // every call needs it
	kindAlso                  // needed on top of whatever the other statements say
	kindAllow                 // one of several ways to be let in
	kindOpen                  // says that some callers need nothing
	kindInstead               // lets in those who lack what the requirements say
	kindUnclear               // cannot be put into an expression: somebody has to read it
	kindExtra                 // needed for some bodies or parameters only
	kindIgnore                // mentions it and asks for nothing
)

var statementKinds = map[string]statementKind{"require": kindRequire, "also": kindAlso, "allow": kindAllow,
	"open": kindOpen, "instead": kindInstead, "unclear": kindUnclear, "extra": kindExtra, "ignore": kindIgnore}

// wordKind is what a joining word does.
type wordKind uint8

const (
	wordNone wordKind = iota
	wordAny
	wordAll
	wordEither
	wordBoth
	wordOr
	wordAnd
	wordListed
)

var wordKinds = map[string]wordKind{"any": wordAny, "all": wordAll, "either": wordEither, "both": wordBoth, "or": wordOr, "and": wordAnd,
	"listed": wordListed}

// englishWords serve rules that give no words of their own.
var englishWords = []string{
	`(?i)\b(?P<any>at least one|one or more of|one of|any one of|any of|any entitlement)\b`,
	`(?i)\b(?P<all>all of|each of|all (?:the |these )?(?:following|entitlements))\b`,
	`(?i)\b(?P<both>both)\b`,
	`(?i)\b(?P<either>either)\b`,
	`(?i)(?P<or>\bor\b)`,
	`(?i)(?P<and>\band\b|&)`,
	`(?i)\b(?P<listed>(?:required|minimal|minimum|necessary|needed) (?:entitlements|permissions|scopes|privileges)|following (?:entitlements|permissions|scopes|privileges) (?:are|is) (?:required|needed)|(?:must have|requires?|needs?) the following (?:entitlements|permissions|scopes|privileges))\b`,
}

// proseRule is a Prose ready for use.
type proseRule struct {
	fields      []string
	entitlement *regexp.Regexp
	group       int
	breaks      []*regexp.Regexp
	statements  []*regexp.Regexp
	words       []*regexp.Regexp
	cases       [][]*regexp.Regexp
	unjoined    access.Op // OpNone: ambiguous
}

// compileProse checks a prose rule. Expressions are RE2: linear in the text, whatever it is.
func compileProse(p Prose) (*proseRule, error) {
	r := &proseRule{fields: p.Fields}
	if len(r.fields) == 0 {
		r.fields = []string{"description"}
	}
	for _, f := range r.fields {
		if f != "description" && f != "summary" {
			return nil, problem.Invalid("catalog.prose", "The fields that a prose rule reads are description and summary.")
		}
	}
	expr, err := regexp.Compile(p.Entitlement)
	if err != nil || expr.SubexpIndex("entitlement") < 0 {
		return nil, problem.Invalid("catalog.prose", "The entitlement expression is RE2 and has a group named entitlement.").Because(err)
	}
	r.entitlement, r.group = expr, expr.SubexpIndex("entitlement")
	if r.breaks, err = compileAll(p.Breaks, nil); err != nil {
		return nil, err
	}
	if r.statements, err = compileAll(p.Statements, func(g string) bool { return statementKinds[g] != kindNone }); err != nil {
		return nil, err
	}
	words := p.Words
	if len(words) == 0 {
		words = englishWords
	}
	if r.words, err = compileAll(words, func(g string) bool { return wordKinds[g] != wordNone }); err != nil {
		return nil, err
	}
	for _, family := range p.Cases {
		sides, err := compileAll(family, nil)
		if err != nil {
			return nil, err
		}
		r.cases = append(r.cases, sides)
	}
	switch p.Unjoined {
	case "", "ambiguous":
	case "all":
		r.unjoined = access.OpAll
	case "any":
		r.unjoined = access.OpAny
	default:
		return nil, problem.Invalid("catalog.prose", "`unjoined` is ambiguous, all or any.")
	}
	return r, nil
}

// compileAll compiles expressions; where known is given, each has at least one named group and every name is known.
func compileAll(texts []string, known func(string) bool) ([]*regexp.Regexp, error) {
	var out []*regexp.Regexp
	for _, t := range texts {
		e, err := regexp.Compile(t)
		if err != nil {
			return nil, problem.Invalid("catalog.prose", "A regular expression of the prose rule is not RE2: "+t).Because(err)
		}
		if known != nil {
			names := slices.DeleteFunc(slices.Clone(e.SubexpNames()), func(n string) bool { return n == "" })
			if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return !known(n) }) {
				return nil, problem.Invalid("catalog.prose", "A regular expression of the prose rule has no group with a known name: "+t)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// groupOf gives the name of the first named group that took part in a match, and where it stands.
func groupOf(e *regexp.Regexp, m []int) (string, int, int) {
	for i, name := range e.SubexpNames() {
		if name != "" && m[2*i] >= 0 {
			return name, m[2*i], m[2*i+1]
		}
	}
	return "", 0, 0
}

func (r *proseRule) classify(text string) statementKind {
	if len(r.statements) == 0 {
		return kindRequire
	}
	for _, e := range r.statements {
		if m := e.FindStringSubmatchIndex(text); m != nil {
			name, _, _ := groupOf(e, m)
			return statementKinds[name]
		}
	}
	return kindNone
}

// read applies the rule to one text.
func (r *proseRule) read(text string) Reading {
	var out Reading
	var require, also, allow, instead []part
	for _, s := range r.statementsOf(text) {
		names := s.names()
		for _, n := range names {
			if !slices.Contains(out.Names, n) {
				out.Names = append(out.Names, n)
			}
		}
		switch {
		case s.kind == kindOpen:
			out.Ambiguous = "the text says that some callers need no entitlement"
			continue
		case len(names) == 0:
			continue
		case s.kind == kindIgnore || s.kind == kindExtra:
			out.Aside = append(out.Aside, names...)
			continue
		case s.kind == kindNone || s.kind == kindUnclear:
			out.note("nothing says whether an entitlement that the text names is required")
			continue
		}
		n, why := r.combine(s)
		if why != "" {
			out.note(why)
			continue
		}
		p := part{needs: n, sides: r.sides(s.plain())}
		switch s.kind {
		case kindRequire:
			require = append(require, p)
		case kindAlso:
			also = append(also, p)
		case kindInstead:
			instead = append(instead, p)
		case kindAllow:
			allow = append(allow, p)
		}
	}
	if len(out.Names) == 0 {
		return Reading{}
	}
	base := r.allOf(require)
	if len(require) == 0 {
		base = anyOf(allow)
	}
	if len(instead) > 0 {
		base = access.Any(base, anyOf(instead))
	}
	if len(also) > 0 {
		parts := []access.Needs{r.allOf(also)}
		if base.Mapped() {
			parts = []access.Needs{base, parts[0]}
		}
		base = access.All(parts...)
	}
	if !base.Mapped() && out.Ambiguous == "" {
		out.Ambiguous = "entitlements are only mentioned in passing"
	}
	if out.Ambiguous == "" {
		out.Needs = simplify(base)
	}
	return out
}

func (o *Reading) note(why string) {
	if o.Ambiguous == "" {
		o.Ambiguous = why
	}
}

// part is what one statement asks for, and for which cases.
type part struct {
	needs access.Needs
	sides []int // per family of cases: the one side that it names, or -1
}

func anyOf(parts []part) access.Needs {
	var of []access.Needs
	for _, p := range parts {
		of = append(of, p.needs)
	}
	return access.Any(of...)
}

// allOf combines by and, except that parts for cases that exclude each other are alternatives.
func (r *proseRule) allOf(parts []part) access.Needs {
	for family := range r.cases {
		var sides []int
		for _, p := range parts {
			if s := p.sides[family]; s >= 0 && !slices.Contains(sides, s) {
				sides = append(sides, s)
			}
		}
		if len(sides) < 2 {
			continue
		}
		var alternatives []part
		for _, side := range sides {
			var chosen []part
			for _, p := range parts {
				if p.sides[family] == side || p.sides[family] < 0 {
					q := part{needs: p.needs, sides: slices.Clone(p.sides)}
					q.sides[family] = -1
					chosen = append(chosen, q)
				}
			}
			alternatives = append(alternatives, part{needs: r.allOf(chosen)})
		}
		return anyOf(alternatives)
	}
	var of []access.Needs
	for _, p := range parts {
		of = append(of, p.needs)
	}
	return access.All(of...)
}

// sides finds, per family of cases, the one side that a text names; -1 when it names none or several.
func (r *proseRule) sides(plain string) []int {
	out := make([]int, len(r.cases))
	for i, family := range r.cases {
		out[i] = -1
		for j, side := range family {
			if !side.MatchString(plain) {
				continue
			}
			if out[i] >= 0 {
				out[i] = -1
				break
			}
			out[i] = j
		}
	}
	return out
}

// Read applies a prose rule to one text, for trying it out.
func (p Prose) Read(text string) (Reading, error) {
	r, err := compileProse(p)
	if err != nil {
		return Reading{}, err
	}
	return r.read(text), nil
}
