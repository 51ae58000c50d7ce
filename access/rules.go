package access

// Rules is a compiled policy. The zero Rules denies everything. It is immutable and safe to share.
type Rules struct {
	denies     []rule
	allows     []rule
	denyIndex  index
	allowIndex index
}

// Layer is the compiled policies of one source of authority, for example all roles of a user. Any of them may allow. An
// empty layer allows nothing.
type Layer []Rules

// Allows reports whether the policy allows the action on the resource. A condition on facts that are unknown makes an
// allowance not apply and a denial apply. It allocates nothing.
func (r *Rules) Allows(action string, on *Resource) bool {
	effect, _ := r.Explain(action, on)
	return effect == Allow
}

// Explain gives the decision and the number of the statement that made it; -1 when none spoke, which is a denial.
func (r *Rules) Explain(action string, on *Resource) (Effect, int) {
	if on.IsZero() || action == "" {
		return Deny, -1
	}
	q := asked{action: action, on: on, least: unknown}
	if i := r.denyIndex.find(r.denies, &q); i >= 0 {
		return Deny, r.denies[i].number
	}
	q.least = yes
	if i := r.allowIndex.find(r.allows, &q); i >= 0 {
		return Allow, r.allows[i].number
	}
	return Deny, -1
}

// Empty reports whether there is no statement at all.
func (r *Rules) Empty() bool { return len(r.denies)+len(r.allows) == 0 }

// Allows reports whether any policy of the layer allows the action on the resource. It allocates nothing.
func (l Layer) Allows(action string, on *Resource) bool {
	for i := range l {
		if l[i].Allows(action, on) {
			return true
		}
	}
	return false
}

// Access is one thing that was done: events carry a list of them.
type Access struct {
	Action   string   `json:"action"`
	Resource Resource `json:"resource"`
}

// Wants uses the policy as an event filter: it passes an event of which it allows at least one access. An empty policy
// passes everything; an event without accesses passes only an empty policy.
func (r *Rules) Wants(accesses []Access) bool {
	if r.Empty() {
		return true
	}
	for i := range accesses {
		if r.Allows(accesses[i].Action, &accesses[i].Resource) {
			return true
		}
	}
	return false
}
