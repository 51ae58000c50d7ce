package template

// op is a part of a template, ready to be rendered.
type op struct {
	kind opKind
	raw  bool
	at   int
	text string
	next [states]state // which state of a JSON text the words lead to, by that before them
	call
	body, other []op
}

type opKind uint8

const (
	opText opKind = iota
	opValue
	opBlock
)

// state is where a JSON text is.
type state uint8

const (
	outside state = iota // of strings
	inside
	escaped // inside, behind a backslash
	states
)

type compiler struct{ t *Template }

func (c *compiler) program(p *program) []op {
	if p == nil {
		return nil
	}
	var out []op
	for _, n := range p.body {
		o := op{at: n.at, raw: n.raw, call: n.call}
		switch n.kind {
		case comment:
			continue
		case content:
			if n.text == "" {
				continue
			}
			o.text = n.text
			for s := range states {
				o.next[s] = after(s, n.text)
			}
		case output:
			o.kind = opValue
		case block:
			o.kind, o.body, o.other = opBlock, c.program(n.program), c.program(n.inverse)
		}
		out = append(out, o)
	}
	return out
}

// after is where a JSON text is behind more words.
func after(s state, words string) state {
	for i := range len(words) {
		switch {
		case s == escaped:
			s = inside
		case s == inside && words[i] == '\\':
			s = escaped
		case words[i] == '"':
			s = inside - s
		}
	}
	return s
}
