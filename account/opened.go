package account

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// keep has a sandbox that developers made by themselves stay theirs, and closed once
// they have closed it, whatever the product tells of it. Error: Invalid `account_is_sandbox`.
func (a Account) keep(d *Draft) error {
	if a.OpenedBy == "" {
		return nil
	}
	var f []problem.Field
	say := func(bad bool, pointer, detail string) {
		if bad {
			f = append(f, problem.Field{Pointer: pointer, Code: "account_is_sandbox", Detail: detail})
		}
	}
	say(d.Kind == Production, "/kind", "It never becomes a customer's account.")
	say(d.Group != "" && d.Group != a.Group, "/group", "It stays with the group that made it.")
	say(d.Parent != "", "/parent_key", "It is no child of a customer's account.")
	if len(f) > 0 {
		return problem.Invalid("account_is_sandbox", "Developers made this account as a sandbox of theirs.", f...)
	}
	d.Kind, d.Group, d.Closed = Sandbox, a.Group, d.Closed || a.State == Closed
	return nil
}

// Open makes a sandbox of a group, under a key that no customer has. It neither
// authorises nor records: the slice that owns sandboxes does.
func (s *Service) Open(tx *store.Tx, by access.Principal, name, group string) (Account, error) {
	a := Account{ID: ident.New[Account](tx.Now()), Key: "sandbox-" + strings.ToLower(rand.Text()[:16]), Name: strings.TrimSpace(name), Kind: Sandbox,
		Group: group, State: Active, OpenedBy: by.User, Created: tx.Now()}
	if err := put(tx, a); err != nil {
		return a, err
	}
	tx.Changed(Topic, a.ID.String())
	return a, nil
}

// Shut closes a sandbox that a group made; every grant in it stops. Like Open it
// neither authorises nor records.
func (s *Service) Shut(tx *store.Tx, a Account) (Account, error) {
	a.State = Closed
	if err := put(tx, a); err != nil {
		return a, err
	}
	tx.Changed(Topic, a.ID.String())
	return a, nil
}

// OpenSandboxes counts the sandboxes of a group that are not closed.
func (s *Service) OpenSandboxes(tx *store.Tx, group string) (int, error) {
	n, err := tx.NewSelect().Model((*row)(nil)).Where("kind = ? AND developer_group = ? AND state = ?", Sandbox, group, Active).Count(tx.Ctx)
	return int(n), err
}

// OpenedSince counts the sandboxes that members of a group made by themselves from a
// time on, closed ones too.
func (s *Service) OpenedSince(tx *store.Tx, group string, from time.Time) (int, error) {
	n, err := tx.NewSelect().Model((*row)(nil)).Where("kind = ? AND developer_group = ? AND opened_by <> '' AND created >= ?", Sandbox, group, store.At(from)).Count(tx.Ctx)
	return int(n), err
}

// OpenedBy lists the open sandboxes that members of a group made by themselves.
func (s *Service) OpenedBy(tx *store.Tx, group string) ([]Account, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Where("kind = ? AND developer_group = ? AND opened_by <> '' AND state = ?", Sandbox, group, Active).Order("a.id").Scan(tx.Ctx)
	out := make([]Account, len(rows))
	for i := range rows {
		out[i] = rows[i].account()
	}
	return out, err
}
