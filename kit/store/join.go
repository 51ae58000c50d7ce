package store

import "context"

type joinKey struct{}

// Joined returns a context whose write transactions run f last, before they
// commit. An error of f rolls the transaction back like one of its own. A door
// uses it to record, together with the work, that the work was done.
func Joined(ctx context.Context, f func(*Tx) error) context.Context {
	return context.WithValue(ctx, joinKey{}, f)
}

func (tx *Tx) join() error {
	f, ok := tx.Ctx.Value(joinKey{}).(func(*Tx) error)
	if !ok {
		return nil
	}
	return f(tx)
}
