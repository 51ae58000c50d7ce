package host

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/store"
)

// bench is the service on a database with two accounts.
type bench struct {
	*Service
	t     *testing.T
	one   account.Account
	other account.Account
}

var product = access.System("test")

func newBench(t *testing.T, db *store.DB) *bench {
	t.Helper()
	log := &audit.Log{DB: db}
	b := &bench{t: t, Service: &Service{DB: db, Audit: log, Accounts: &account.Service{DB: db, Audit: log}, Log: slog.New(slog.DiscardHandler)}}
	for key, into := range map[string]*account.Account{"harbour": &b.one, "alder": &b.other} {
		a, err := b.Accounts.Put(t.Context(), product, account.Draft{Key: key, Name: key})
		if err != nil {
			t.Fatal(err)
		}
		*into = a
	}
	return b
}

// ask asks for a task of a key, whose data is a name.
func (b *bench) ask(kind, key, name string) Task {
	b.t.Helper()
	return b.draft(Draft{Kind: kind, Account: b.one.ID.String(), Key: key, Data: json.RawMessage(`"` + name + `"`)})
}

func (b *bench) draft(d Draft) Task {
	b.t.Helper()
	var out Task
	err := b.DB.Write(b.t.Context(), func(tx *store.Tx) error {
		var err error
		out, err = b.Ask(tx, d)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// take takes what is there at once, and gives it by name.
func (b *bench) take(limit int, kinds ...string) map[string]Task {
	b.t.Helper()
	got, err := b.Take(b.t.Context(), product, Query{Limit: limit, Kinds: kinds})
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]Task{}
	for _, one := range got {
		out[name(one)] = one
	}
	return out
}

func name(t Task) string {
	var s string
	if err := json.Unmarshal(t.Data, &s); err != nil {
		return ""
	}
	return s
}

func (b *bench) finish(t Task) Task {
	b.t.Helper()
	got, err := b.Finish(b.t.Context(), product, t.ID, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) fail(t Task, f Failure) Task {
	b.t.Helper()
	got, err := b.Fail(b.t.Context(), product, t.ID, f)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) get(t Task) Task {
	b.t.Helper()
	got, err := b.Get(b.t.Context(), product, t.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

var errTest = errors.New("not today")
