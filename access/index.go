package access

// index finds the statements that can concern a resource without looking at each of them closely: those about one path
// of types stand together, each with the exact name it asks for, if any. The rest is always looked at.
type index struct {
	buckets []bucket
	rest    []int32
}

type bucket struct {
	kinds string
	rules []keyed
}

type keyed struct {
	key  string // exact name at segment at; empty: none is asked for
	at   int32
	rule int32
}

// newIndex sorts the statements; the numbers in it are positions in rules.
func newIndex(rules []rule) index {
	var x index
	where := map[string]int{}
	for i := range rules {
		p, ok := rules[i].single()
		if !ok {
			x.rest = append(x.rest, int32(i))
			continue
		}
		at, known := where[p.kinds]
		if !known {
			at = len(x.buckets)
			where[p.kinds] = at
			x.buckets = append(x.buckets, bucket{kinds: p.kinds})
		}
		x.buckets[at].rules = append(x.buckets[at].rules, keyed{key: p.key, at: int32(p.keyAt), rule: int32(i)})
	}
	return x
}

// single gives the only pattern of a statement, if it is one with a path of types.
func (c *rule) single() (*pattern, bool) {
	if c.notResources || len(c.resources) != 1 || c.resources[0].all || c.resources[0].unbound {
		return nil, false
	}
	return &c.resources[0], true
}

// find gives the first statement that concerns the action on the resource at least as surely as asked; -1 when there is
// none.
func (x *index) find(rules []rule, q *asked) int {
	for i := range x.buckets {
		b := &x.buckets[i]
		if b.kinds != q.on.kinds {
			continue
		}
		for j := range b.rules {
			k := &b.rules[j]
			if k.key != "" && k.key != q.on.segments[k.at].Name {
				continue
			}
			if rules[k.rule].about(q.action, q.on) >= q.least {
				return int(k.rule)
			}
		}
	}
	for _, i := range x.rest {
		if rules[i].about(q.action, q.on) >= q.least {
			return int(i)
		}
	}
	return -1
}

// asked is one question to an index.
type asked struct {
	action string
	on     *Resource
	least  answer // unknown for denials, which apply in doubt; yes for allowances
}
