package access

import (
	"slices"
	"strings"
)

// Words names types and actions for people. What it does not know is shown as it is written.
type Words struct {
	Kinds   map[string]string // last type of a path → noun in the singular: "env" → "environment"
	Actions map[string]string // action → what it does, beginning with a verb: "flag:view" → "View flags"

	denying bool // say "any" and "anything"
}

func (w Words) every() string {
	if w.denying {
		return "any"
	}
	return "every"
}

// Sentence says one statement: "May view and update every flag in every project."
func (w Words) Sentence(s Statement) string {
	if s.Effect == Deny {
		return "May not " + w.clause(s) + "."
	}
	return "May " + w.clause(s) + "."
}

// Summary says a whole policy: what it allows, and what is excepted.
func (w Words) Summary(p Policy) string {
	var may, not []string
	for _, s := range p {
		if s.Effect == Deny {
			not = append(not, "may not "+w.clause(s))
		} else {
			may = append(may, w.clause(s))
		}
	}
	switch {
	case len(may) == 0:
		return "Allows nothing."
	case len(not) == 0 && len(may) == 1:
		return "May " + may[0] + "."
	case len(may) == 1:
		return "May " + may[0] + "; except that it " + joined(not, ", and") + "."
	}
	out := "May " + strings.Join(may, ". May ") + "."
	if len(not) > 0 {
		out += " Always excepted: it " + joined(not, ", and") + "."
	}
	return out
}

// clause is what a statement is about, without its effect.
func (w Words) clause(s Statement) string {
	w.denying = s.Effect == Deny
	things, noun := w.things(s), w.noun(s)
	if len(s.NotActions) > 0 {
		return "do " + w.every() + "thing except " + joined(w.actions(s.NotActions, noun), " and") + ", with " + things
	}
	and := " and"
	if s.Effect == Deny {
		and = " or"
	}
	for _, a := range s.Actions {
		switch {
		case bare(a) || noun != "" && a == noun+":*":
			return "do " + w.every() + "thing with " + things
		case verb(a, noun) == "":
			return joined(w.actions(s.Actions, noun), and) + ", on " + things
		}
	}
	return joined(w.actions(s.Actions, noun), and) + " " + things
}

// noun is the type that all resources of a statement have, as actions name it; empty where there are several.
func (w Words) noun(s Statement) string {
	if len(s.NotResources) > 0 {
		return ""
	}
	out := ""
	for _, text := range s.Resources {
		ps, why := pieces(text)
		if why != "" || text == "*" {
			return ""
		}
		kind := ps[len(ps)-1].kind
		if n, ok := w.Kinds[kind]; ok {
			kind = strings.ReplaceAll(n, " ", "_")
		}
		if out != "" && out != kind {
			return ""
		}
		out = kind
	}
	return out
}

// verb is what an action does to a thing of the type: "update" of "flag:update".
func verb(action, noun string) string {
	v, ok := strings.CutPrefix(action, noun+":")
	if !ok || noun == "" || v == "" || strings.ContainsFunc(v, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) {
		return ""
	}
	return strings.ReplaceAll(v, "_", " ")
}

func (w Words) actions(list []string, noun string) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		switch {
		case verb(a, noun) != "":
			out = append(out, verb(a, noun))
		case w.Actions[a] != "":
			out = append(out, lowerFirst(w.Actions[a]))
		case strings.Contains(a, "*") || strings.Contains(a, "${"):
			out = append(out, "use "+w.every()+" action "+whose("name", a))
		default:
			out = append(out, "use “"+a+"”")
		}
	}
	return out
}

func (w Words) things(s Statement) string {
	list, except := s.Resources, false
	if len(s.NotResources) > 0 {
		list, except = s.NotResources, true
	}
	out := make([]string, 0, len(list))
	for _, text := range list {
		out = append(out, w.thing(text))
	}
	and := " and"
	if s.Effect == Deny && !except {
		and = " or"
	}
	if except {
		return w.every() + "thing of any kind except " + joined(out, and)
	}
	return joined(out, and)
}

// thing says a specifier from its last segment to its first.
func (w Words) thing(text string) string {
	if text == "*" {
		return w.every() + "thing"
	}
	ps, why := pieces(text)
	if why != "" {
		return "“" + text + "”"
	}
	out, clause := "", false
	for i := range ps {
		p := ps[len(ps)-1-i]
		phrase, relative := w.segment(p)
		switch {
		case i == 0:
			out = phrase
		case clause:
			out += ", in " + phrase
		default:
			out += " in " + phrase
		}
		clause = relative
	}
	return out
}

// segment also reports whether the phrase ends in a clause, after which a comma makes it clear what follows.
func (w Words) segment(p piece) (string, bool) {
	noun := p.kind
	if n, ok := w.Kinds[p.kind]; ok {
		noun = n
	}
	out, clause := "", false
	switch {
	case !p.named:
		out = "the " + noun + " as a whole"
	case bare(p.name):
		out = w.every() + " " + noun
	case strings.Contains(p.name, "*") || strings.Contains(p.name, "${"):
		out, clause = w.every()+" "+noun+" "+whose("key", p.name), true
	default:
		name, why := decodeName(p.name)
		if why != "" {
			name = p.name
		}
		out = "the " + noun + " “" + name + "”"
	}
	for _, q := range p.quals {
		clause = true
		switch {
		case q.prop != "":
			out += " of which " + q.prop + " is " + q.value
		case q.link != "":
			out += " that belongs to the " + q.link + " “" + q.value + "”"
		default:
			out += " with " + joined(tagWords(q.tags), " and")
		}
	}
	return out, clause
}

func tagWords(tags []string) []string {
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		if strings.Contains(t, "*") || strings.Contains(t, "${") {
			out = append(out, "a tag "+strings.Replace(whose("tag", t), "whose tag", "that", 1))
			continue
		}
		out = append(out, "the tag “"+t+"”")
	}
	return out
}

// whose says which names a pattern matches: "whose key starts with “ops_”".
func whose(what, text string) string {
	head, tail := strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*")
	inner := strings.Trim(text, "*")
	switch {
	case strings.HasPrefix(text, attrOpen) && strings.HasSuffix(text, attrClose) && strings.Count(text, "${") == 1:
		return "whose " + what + " the role is given for (" + text[len(attrOpen):len(text)-1] + ")"
	case strings.Contains(inner, "*") || strings.Contains(text, "${"):
		return "whose " + what + " matches “" + text + "”"
	case head && tail:
		return "whose " + what + " contains “" + inner + "”"
	case tail:
		return "whose " + what + " starts with “" + inner + "”"
	case head:
		return "whose " + what + " ends with “" + inner + "”"
	}
	return "whose " + what + " is “" + text + "”"
}

func bare(text string) bool { return text != "" && strings.Trim(text, "*") == "" }

// joined lists words: "a, b and c"; and begins with a space or a comma.
func joined(list []string, and string) string {
	list = slices.Compact(list)
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + and + " " + list[len(list)-1]
}

func lowerFirst(s string) string {
	if s == "" || len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
