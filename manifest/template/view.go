package template

// View is what can be said of a template without data.
type View struct {
	Reads   []Read   // in the order of the source
	Helpers []string // names of the helpers and blocks it uses, each once
}

// Read is a place where a template reads its data.
type Read struct {
	// Path leads there from the root of the data; "*" is any item or member. Only
	// where Known is false, in sections such as {{#x}}, does it begin somewhere else.
	Path  []string
	Known bool
	// Line and Column are of the path in the source.
	Line, Column int
	// Output: the value comes out, rather than being looked at by a helper or block;
	// Raw: by triple braces.
	Output, Raw bool
	// InString: it comes out between quotation marks.
	InString bool
}

// Escaped reports whether a value comes out in a string of a JSON text through
// double braces: it is escaped for HTML although it is none.
func (r Read) Escaped() bool { return r.Output && !r.Raw && r.InString }

// View tells what a template reads and uses.
func (t *Template) View() View { return t.view }

type viewer struct {
	t     *Template
	view  View
	state state
	seen  map[string]bool
}

// known is a context of which the path is known, or not.
type known struct {
	path []string
	ok   bool
	each bool
}

func look(t *Template) View {
	v := &viewer{t: t, seen: map[string]bool{}}
	v.ops(t.code, []known{{ok: true}})
	return v.view
}

func (v *viewer) ops(list []op, scopes []known) {
	for i := range list {
		o := &list[i]
		if o.name != "" && !v.seen[o.name] {
			v.seen[o.name] = true
			v.view.Helpers = append(v.view.Helpers, o.name)
		}
		switch o.kind {
		case opText:
			v.state = o.next[v.state]
		case opValue:
			v.output(o, scopes)
		case opBlock:
			v.block(o, scopes)
		}
	}
}

func (v *viewer) output(o *op, scopes []known) {
	first := true
	for i := range o.args {
		read, ok := v.at(&o.args[i], scopes)
		if !ok {
			continue
		}
		read.Output, read.Raw, read.InString = o.is == plain && first, o.raw, v.state != outside
		if first = false; o.is == lookup && i == 0 {
			read.Output = true
			read.Path = append(read.Path[:len(read.Path):len(read.Path)], v.member(&o.args[1]))
		}
		v.view.Reads = append(v.view.Reads, read)
	}
}

// member is what lookup looks for.
func (v *viewer) member(a *argument) string {
	if a.kind == literal {
		return (&renderer{}).text(a.literal)
	}
	return "*"
}

func (v *viewer) block(o *op, scopes []known) {
	for i := range o.args {
		if read, ok := v.at(&o.args[i], scopes); ok {
			v.view.Reads = append(v.view.Reads, read)
		}
	}
	inner := scopes
	path, ok := v.path(&o.args[0], scopes)
	switch o.is {
	case withBlock:
		inner = append(scopes[:len(scopes):len(scopes)], known{path: path, ok: ok})
	case eachBlock:
		inner = append(scopes[:len(scopes):len(scopes)], known{path: append(path[:len(path):len(path)], "*"), ok: ok, each: true})
	case plain: // of a list or an object, or the context stays
		inner = append(scopes[:len(scopes):len(scopes)], known{})
	}
	from := v.state
	v.ops(o.body, inner)
	to := v.state
	v.state = from
	v.ops(o.other, scopes)
	v.state = to
}

// at is where an argument reads; false when it reads nothing.
func (v *viewer) at(a *argument, scopes []known) (Read, bool) {
	if a.kind == literal || a.kind == onIndex || a.kind == onFirst || a.kind == onLast {
		return Read{}, false
	}
	path, ok := v.path(a, scopes)
	read := Read{Path: path, Known: ok}
	read.Line, read.Column = place(v.t.source, a.at)
	return read, true
}

// path is the path of an argument from the root.
func (v *viewer) path(a *argument, scopes []known) ([]string, bool) {
	at := len(scopes) - 1 - a.up
	switch a.kind {
	case onRoot:
		return a.path, true
	case onKey:
		up := a.up
		for at = len(scopes) - 1; at > 0; at-- {
			if scopes[at].each {
				if up--; up < 0 {
					break
				}
			}
		}
		return scopes[at].path, scopes[at].ok && at > 0
	case onPath:
		if at < 0 {
			return a.path, false
		}
		base := scopes[at]
		return append(base.path[:len(base.path):len(base.path)], a.path...), base.ok
	}
	return nil, false
}
