package legacy

import (
	"context"
	"fmt"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
)

// Imported says what an import did.
type Imported struct {
	Imported int  `json:"imported"`
	Known    int  `json:"known" doc:"Keys that had been imported before, or stood there twice"`
	Accounts int  `json:"accounts" doc:"Accounts that got keys"`
	DryRun   bool `json:"dry_run,omitempty"`
}

// Import adopts keys, all of them or none; those that are there already are left
// alone, so that a file can be sent again. A dry run only checks. The operator
// only. Errors: Invalid `legacy_import_invalid`, which names rows and columns and
// never repeats a value.
func (s *Service) Import(ctx context.Context, by access.Principal, rows []Row, dryRun bool) (Imported, error) {
	if err := by.May("platform:import_legacy_keys", access.Platform()); err != nil {
		return Imported{}, err
	}
	if len(rows) == 0 || len(rows) > RowsMost {
		return Imported{}, invalid(problem.Field{Pointer: "/keys", Code: "count", Detail: "An import has 1 to 1,000 keys. Send more in parts."})
	}
	cat := s.Catalog.Get()
	if cat == nil {
		return Imported{}, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	var out Imported
	step := s.DB.Write
	if dryRun {
		step = s.DB.Read
	}
	err := step(ctx, func(tx *store.Tx) error {
		i := &importing{s: s, tx: tx, by: by, cat: cat, dryRun: dryRun, seen: map[token.Sum]bool{}, accounts: map[string]account.Account{}, made: map[string]int{}}
		if err := i.all(rows); err != nil {
			return err
		}
		out = Imported{Imported: i.count, Known: i.known, Accounts: len(i.made), DryRun: dryRun}
		if dryRun {
			return nil
		}
		return i.finish()
	})
	return out, err
}

func invalid(fields ...problem.Field) error {
	const most = 100
	return problem.Invalid("legacy_import_invalid", "Nothing was imported. Some rows need another look.", fields[:min(len(fields), most)]...)
}

// importing is one import under way.
type importing struct {
	s        *Service
	tx       *store.Tx
	by       access.Principal
	cat      *catalog.Catalog
	dryRun   bool
	seen     map[token.Sum]bool
	accounts map[string]account.Account // by what rows call them
	made     map[string]int             // keys by account id
	count    int
	known    int
}

func (i *importing) all(rows []Row) error {
	var found []problem.Field
	for n, r := range rows {
		at := r.at(n)
		f := r.check(at, i.tx.Now())
		more, err := i.words(r, at)
		if err != nil {
			return err
		}
		found = append(found, append(f, more...)...)
	}
	if len(found) > 0 {
		return invalid(found...)
	}
	for _, r := range rows {
		if err := i.one(r); err != nil {
			return err
		}
	}
	return nil
}

// words checks what a row names.
func (i *importing) words(r Row, at string) ([]problem.Field, error) {
	var f []problem.Field
	if r.Account != "" {
		switch a, err := i.account(r.Account); {
		case absent(err):
			f = append(f, problem.Field{Pointer: at + "/account", Code: "account_unknown", Detail: "There is no account with this id or key."})
		case err != nil:
			return nil, err
		case a.State != account.Active:
			f = append(f, problem.Field{Pointer: at + "/account", Code: "account_closed", Detail: "The account is closed."})
		}
	}
	for _, sc := range r.Scopes {
		if _, ok := i.cat.Scope(sc); !ok {
			f = append(f, problem.Field{Pointer: at + "/scopes", Code: "scope_unknown", Detail: "The catalog has no scope of one of these names."})
			break
		}
	}
	if _, ok := i.cat.Versions().Find(r.Version); r.Version != "" && !ok {
		f = append(f, problem.Field{Pointer: at + "/api_version", Code: "unknown_version", Detail: "The product offers no such API version."})
	}
	return f, nil
}

func (i *importing) account(name string) (account.Account, error) {
	if a, ok := i.accounts[name]; ok {
		return a, nil
	}
	a, err := i.s.Accounts.Load(i.tx, name)
	if absent(err) {
		a, err = i.s.Accounts.ByKey(i.tx, name)
	}
	if err == nil {
		i.accounts[name] = a
	}
	return a, err
}

func (i *importing) one(r Row) error {
	sum, _ := r.sum()
	_, err := i.s.Tokens.Adopted(i.tx, sum)
	if err == nil || i.seen[sum] {
		i.known++
		return nil
	}
	if !absent(err) {
		return err
	}
	a, err := i.account(r.Account)
	if err != nil {
		return err
	}
	acc := a.ID.String()
	i.seen[sum] = true
	i.count++
	i.made[acc]++
	if i.dryRun {
		return nil
	}
	k := Key{ID: ident.New[Key](i.tx.Now()), Account: acc, Label: trimmed(r.Label), Imported: i.tx.Now(), ImportedBy: i.by.Subject()}
	g := grant.Grant{Kind: grant.KindLegacy, Account: acc, Holder: "legacy_key/" + k.ID.String(), SubjectKey: r.Subject,
		Scopes: []string{grant.AllScopes}, APIVersion: r.Version, Layers: [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}}}
	if g.SubjectKey == "" { // the product wants to know who acts
		g.SubjectKey = k.ID.String()
	}
	if !r.Everything {
		var gives []string
		for _, sc := range r.Scopes {
			gives = append(gives, i.cat.Entitlements(sc)...)
		}
		g.Scopes, g.Layers = access.SortScopes(r.Scopes...).Names, [][]access.Policy{{allowing(gives)}}
	}
	if g.APIVersion == "" { // it was made for what was there before versions were
		g.APIVersion = i.cat.Versions().Of("")
	}
	if g, err = i.s.Grants.Create(i.tx, g); err != nil {
		return err
	}
	t, err := i.s.Tokens.Adopt(i.tx, token.Adoption{Grant: g, Sum: sum, Hint: r.Key.Hint(), Created: r.Created, Expires: r.Expires})
	if err != nil {
		return err
	}
	k.Grant, k.Token = g.ID.String(), t.ID.String()
	return insert(i.tx, k)
}

// finish tells every account and writes one entry for each.
func (i *importing) finish() error {
	if i.count > 0 {
		i.tx.Changed(Topic, "imported")
	}
	for acc, n := range i.made {
		err := i.s.Notices.Send(i.tx, notice.Notice{Kind: "legacy_key.import", To: notice.To{Account: acc, AccountRole: access.AccountAdmin},
			Subject: fmt.Sprintf("%s of your account can be seen and managed here now", keyCount(n)), Link: "/accounts/" + acc,
			Text: "They were made by the product before and go on working. See which are still used, and turn those into private integrations with only the permissions they need."})
		if err != nil {
			return err
		}
		err = i.s.Audit.Record(i.tx, i.by, audit.Change{Action: "legacy_key.import", Target: "account/" + acc, Account: acc,
			After: struct {
				Keys int `json:"keys"`
			}{n}})
		if err != nil {
			return err
		}
	}
	return nil
}

func keyCount(n int) string {
	if n == 1 {
		return "1 API key"
	}
	return fmt.Sprintf("%d API keys", n)
}
