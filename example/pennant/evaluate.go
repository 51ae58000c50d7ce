package pennant

// Evaluation is what a flag is for one context, and why.
type Evaluation struct {
	Value     any    `json:"value"`
	Variation int    `json:"variation"`
	Reason    string `json:"reason"` // off, rule or fallthrough
	Rule      *int   `json:"rule,omitempty"`
}

// Evaluate answers which variation the context gets.
func (f *Flag) Evaluate(st *FlagState, who Context, segments map[string]*Segment) Evaluation {
	pick := func(variation int, reason string) Evaluation {
		return Evaluation{Value: f.Variations[variation].Value, Variation: variation, Reason: reason}
	}
	if !st.On {
		return pick(st.OffVariation, "off")
	}
	within := func(key string) bool {
		g, ok := segments[key]
		return ok && g.Holds(who)
	}
	for i, r := range st.Rules {
		if fits(r.Clauses, who, within) {
			e := pick(r.Variation, "rule")
			e.Rule = &i
			return e
		}
	}
	return pick(st.Fallthrough, "fallthrough")
}

func evaluate(c *call) (reply, error) {
	var in struct {
		Context Context `json:"context"`
	}
	if err := c.body(&in); err != nil {
		return reply{}, err
	}
	var bad check
	bad.must(in.Context.Key != "" && len(in.Context.Key) <= 256, "/context/key", "The key of a context has 1 to 256 bytes.")
	bad.must(len(in.Context.Attributes) <= 50, "/context/attributes", "A context has at most 50 attributes.")
	if err := bad.err(); err != nil {
		return reply{}, err
	}
	s, here := c.read(), environmentPlace(c)
	if err := parent[Environment](s, here); err != nil {
		return reply{}, err
	}
	states, _, err := list[FlagState](s, place{kind: kindState, parent: here.path()}, page{})
	if err != nil {
		return reply{}, err
	}
	flags, _, err := list[Flag](s, place{kind: kindFlag, parent: here.parent}, page{})
	if err != nil {
		return reply{}, err
	}
	groups, _, err := list[Segment](s, place{kind: kindSegment, parent: here.path()}, page{})
	if err != nil {
		return reply{}, err
	}
	synced, err := s.syncedWith(in.Context.Key)
	if err != nil {
		return reply{}, err
	}
	segments := map[string]*Segment{}
	for _, g := range groups {
		g.belongs = synced[g.place().path()]
		segments[g.Key] = g
	}
	byKey := map[string]*Flag{}
	for _, f := range flags {
		byKey[f.Key] = f
	}
	out := map[string]Evaluation{}
	for _, st := range states {
		f, ok := byKey[st.Flag]
		if !ok || st.highest() >= len(f.Variations) {
			continue // changed between the reads; the next evaluation sees it whole
		}
		out[st.Flag] = f.Evaluate(st, in.Context, segments)
	}
	return reply{status: 200, body: map[string]any{"context": in.Context.Key, "flags": out}}, nil
}
