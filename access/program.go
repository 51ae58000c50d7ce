package access

// Where a test of a Program goes on; other values are the number of the next test.
const (
	accept int32 = -1
	reject int32 = -2
)

// test is one step: look at one atom, then go on, accept or reject.
type test struct {
	atom    int32 // number in Program.atoms
	bit     int32 // bit given by the index function; negative: nobody can have it
	yes, no int32
}

// Program is Needs compiled for the hot path: a chain of tests with jumps, so that deciding allocates nothing and stops
// at the first answer. The zero Program is unmapped and never met. It is immutable and safe to share.
type Program struct {
	code  []test
	atoms []Atom
	needs Needs
}

// Compile numbers the atoms by index, which gives the bit of an atom, or a negative number for one that nobody can have.
// A nil index is for programs that are only asked through Decide with scopes by name.
func (n Needs) Compile(index func(Atom) int) Program {
	n = n.normal()
	p := Program{needs: n, atoms: n.Atoms()}
	number := make(map[Atom]int32, len(p.atoms))
	for i, a := range p.atoms {
		number[a] = int32(i)
	}
	c := compiler{index: index, number: number}
	if n.Mapped() {
		c.emit(n, accept, reject)
	}
	p.code = c.code
	return p
}

// Needs gives back the expression.
func (p Program) Needs() Needs { return p.needs }

type compiler struct {
	code   []test
	index  func(Atom) int
	number map[Atom]int32
}

// emit appends the tests of n in reading order; yes and no are where to go afterwards.
func (c *compiler) emit(n Needs, yes, no int32) {
	switch n.Op {
	case OpAtom:
		bit := int32(-1)
		if c.index != nil {
			bit = int32(c.index(n.Atom))
		}
		c.code = append(c.code, test{atom: c.number[n.Atom], bit: bit, yes: yes, no: no})
	case OpAll, OpAny:
		next := int32(len(c.code))
		for i, m := range n.Of {
			next += int32(m.length())
			y, o := yes, no
			if i < len(n.Of)-1 {
				if n.Op == OpAll {
					y = next
				} else {
					o = next
				}
			}
			c.emit(m, y, o)
		}
	}
}

// length is the number of tests of n.
func (n Needs) length() int {
	count := 0
	n.walk(func(Atom) { count++ })
	return count
}

// Met evaluates the program over a set of bits, numbered by the index function given to Compile. It allocates nothing.
func (p Program) Met(bits []uint64) bool {
	at := reject
	if len(p.code) > 0 {
		at = 0
	}
	for at >= 0 {
		t := &p.code[at]
		word := int(t.bit) >> 6
		if t.bit >= 0 && word < len(bits) && bits[word]&(1<<(uint(t.bit)&63)) != 0 {
			at = t.yes
		} else {
			at = t.no
		}
	}
	return at == accept
}
