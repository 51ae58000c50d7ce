package event

import "github.com/guestright/guestright/kit/store"

// tailMost bounds how many accounts are remembered.
const tailMost = 50_000

// tail remembers the last numbers of accounts for whoever writes the log. They
// hold as long as the whole log ends where this node has written last: only
// then has nobody else added anything to any account.
type tail struct {
	last int64 // of the whole log
	of   map[string]int64
}

// heads is the package's heads, from memory where it can.
func (t *tail) heads(tx *store.Tx, accounts []string) (map[string]int64, error) {
	out, err := heads(tx, nil)
	if err != nil {
		return nil, err
	}
	unknown := accounts
	if out[""] == t.last {
		unknown = nil
		for _, a := range accounts {
			if seq, ok := t.of[a]; ok {
				out[a] = seq
			} else {
				unknown = append(unknown, a)
			}
		}
	}
	if len(unknown) == 0 {
		return out, nil
	}
	read, err := heads(tx, unknown)
	for a, seq := range read {
		out[a] = seq
	}
	return out, err
}

// keep takes over what has been written, once it is durable.
func (t *tail) keep(was int64, heads map[string]int64) {
	if was != t.last || t.of == nil || len(t.of) > tailMost {
		t.of = make(map[string]int64, len(heads))
	}
	for a, seq := range heads {
		t.of[a] = seq
	}
	t.last = heads[""]
}
