package group

import "github.com/guestright/guestright/kit/store"

// InUse says in sentences what keeps a person's own group from being given up:
// applications in it, and other members.
func InUse(tx *store.Tx, id, user string) ([]string, error) {
	names, err := holds(tx, id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		out = append(out, "Your personal group still owns “"+n+"”: move or delete it.")
	}
	all, err := members(tx, id, "")
	if err != nil {
		return nil, err
	}
	if len(all) > 1 {
		out = append(out, "Your personal group has other members: remove them or transfer the ownership.")
	}
	return out, nil
}
