package console

import (
	"fmt"
	"strconv"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/private"
)

func (c *Console) legacyKeyRoutes() []route {
	if c.Legacy == nil {
		return nil
	}
	return []route{
		{"GET /operator/legacy-keys", c.operator(operatorLegacyKeys)},
		{"POST /operator/legacy-keys", c.operator(importLegacyKeys)},
		{"GET /accounts/{account}/legacy-keys", c.page(accountLegacyKeys)},
		{"GET /accounts/{account}/legacy-keys/{key}", c.page(legacyKeyPage)},
		{"POST /accounts/{account}/legacy-keys/{key}/end", c.page(endLegacyKey)},
		{"GET /accounts/{account}/legacy-keys/{key}/private", c.sure(legacyKeyPage)},
		{"POST /accounts/{account}/legacy-keys/{key}/private", c.sure(turnLegacyKey)},
		{"GET /accounts/{account}/legacy-keys/{key}/revoke", c.page(revokeLegacyKeyPage)},
		{"POST /accounts/{account}/legacy-keys/{key}/revoke", c.page(revokeLegacyKey)},
	}
}

// legacyKeysView is the imported keys of everybody or of one account.
type legacyKeysView struct {
	Product  string
	Account  string // id; "": the operator's list
	Names    map[string]string
	Keys     []legacy.Key
	More     string // address of the next part
	Places   []catalog.Key
	Text     string // what was entered
	Faults   faults
	Token    string
	Accounts bool
}

const legacyKeysMost = 100

func (v *visit) legacyKeys(acc, path string) (legacyKeysView, error) {
	d := legacyKeysView{Product: v.product(), Account: acc, Names: map[string]string{}, Places: v.Catalog.Get().File().Product.LegacyKeys}
	var after legacy.ID
	if at := v.query("after"); at != "" {
		var err error
		if after, err = ident.Parse[legacy.Key](at); err != nil {
			return d, err
		}
	}
	keys, err := v.Legacy.List(v.ctx(), v.by, legacy.Query{Account: acc, After: after, Limit: legacyKeysMost + 1})
	if err != nil {
		return d, err
	}
	if len(keys) > legacyKeysMost {
		keys = keys[:legacyKeysMost]
		d.More = path + "?after=" + keys[legacyKeysMost-1].ID.String()
	}
	d.Keys = keys
	return d, nil
}

func operatorLegacyKeys(v *visit) error { return showOperatorLegacyKeys(v, "", faults{}) }

func showOperatorLegacyKeys(v *visit, text string, f faults) error {
	d, err := v.legacyKeys("", "/operator/legacy-keys")
	if err != nil {
		return err
	}
	for _, k := range d.Keys {
		if _, known := d.Names[k.Account]; known {
			continue
		}
		if id, err := ident.Parse[account.Account](k.Account); err == nil {
			if a, err := v.Accounts.Get(v.ctx(), v.by, id); err == nil {
				d.Names[k.Account] = a.Name
			}
		}
	}
	d.Text, d.Faults, d.Token = text, f, v.token("/operator/legacy-keys")
	return v.byOperator(sheet{title: "Legacy keys", current: "/operator/legacy-keys", status: f.status(), trail: []page.Link{{Text: "Legacy keys"}}, body: operatorLegacyList(v, d)})
}

func importLegacyKeys(v *visit) error {
	text := v.r.PostForm.Get("keys")
	rows, err := legacy.ParseRows([]byte(text))
	var got legacy.Imported
	if err == nil {
		got, err = v.Legacy.Import(v.ctx(), v.by, rows, false)
	}
	if err != nil {
		f, ok := faultsOf(err)
		if !ok {
			return err
		}
		// The finding says where; the reader needs to know.
		f.rest = nil
		for _, one := range problem.Of(err).Fields {
			f.rest = append(f.rest, one.Pointer+": "+one.Detail)
		}
		// Keys in plain are not shown again.
		return showOperatorLegacyKeys(v, "", f)
	}
	return v.leave("/operator/legacy-keys", fmt.Sprintf("%s imported; %d were there already.", plural(got.Imported, "key"), got.Known))
}

func accountLegacyKeys(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d, err := v.legacyKeys(a.ID.String(), accountPath(a.ID.String())+"/legacy-keys")
	if err != nil {
		return err
	}
	return v.inAccount(a, sheet{title: "Legacy keys", trail: []page.Link{{Text: "Legacy keys"}}, body: accountLegacyList(v, d)})
}

// legacyKeyView is one key: what it may do, what it did, and how to part from it.
type legacyKeyView struct {
	legacy.Key
	Account   account.Account
	Used      legacy.Observed
	Scopes    []scopeLine // that a private integration would need
	MayEnd    bool
	MayRevoke bool
	MayTurn   bool
	Token     func(action string) string
	Faults    faults
	Product   string
}

func (d legacyKeyView) path() string { return legacyKeyPath(d.Account.ID.String(), d.Key.ID.String()) }

func (d legacyKeyView) live() bool { return d.State == legacy.Active || d.State == legacy.Ending }

func (v *visit) legacyKeyOf() (legacyKeyView, error) {
	a, err := v.accountOf()
	if err != nil {
		return legacyKeyView{}, err
	}
	id, err := ident.Parse[legacy.Key](v.r.PathValue("key"))
	if err != nil {
		return legacyKeyView{}, err
	}
	k, err := v.Legacy.Get(v.ctx(), v.by, id)
	if err != nil {
		return legacyKeyView{}, err
	}
	if k.Account != a.ID.String() {
		return legacyKeyView{}, problem.NotFound("legacy key")
	}
	d := legacyKeyView{Key: k, Account: a, Product: v.product(), MayEnd: v.may("legacy_key:end", k.Resource()), MayRevoke: v.may("legacy_key:revoke", k.Resource()),
		MayTurn: v.Private != nil && v.may("legacy_key:turn", k.Resource()) && v.may(private.ActionManageOwn, account.Resource(k.Account))}
	d.Token = func(action string) string { return v.token(d.path() + "/" + action) }
	return d, nil
}

func legacyKeyPage(v *visit) error {
	d, err := v.legacyKeyOf()
	if err != nil {
		return err
	}
	return showLegacyKey(v, d)
}

func showLegacyKey(v *visit, d legacyKeyView) error {
	var err error
	if d.Used, err = v.Legacy.Observed(v.ctx(), v.by, d.Key.ID); err != nil {
		return err
	}
	d.Scopes = v.scopeLines(d.Used.Scopes)
	base := accountPath(d.Account.ID.String()) + "/legacy-keys"
	return v.inAccount(d.Account, sheet{title: d.Label, current: base, status: d.Faults.status(), trail: []page.Link{{Text: "Legacy keys", URL: base}, {Text: d.Label}}, body: legacyKeyDetail(v, d)})
}

func endLegacyKey(v *visit) error {
	d, err := v.legacyKeyOf()
	if err != nil {
		return err
	}
	var until time.Time
	words := "The key has no end any more."
	if n, err := strconv.Atoi(v.field("days")); err == nil && n > 0 && n <= 730 {
		until = v.now.Add(time.Duration(n) * 24 * time.Hour)
		words = "The key works for " + days(n) + " more. Administrators are reminded 30, 7 and 1 days before."
	}
	if _, err := v.Legacy.End(v.ctx(), v.by, d.Key.ID, until); err != nil {
		if f, ok := faultsOf(err, "/ends"); ok {
			d.Faults = f
			return showLegacyKey(v, d)
		}
		return err
	}
	return v.leave(d.path(), words)
}

func revokeLegacyKeyPage(v *visit) error {
	d, err := v.legacyKeyOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("legacy key", "legacy_key:revoke", d.Resource()); err != nil {
		return err
	}
	return showRevokeLegacyKey(v, d)
}

func showRevokeLegacyKey(v *visit, d legacyKeyView) error {
	base := accountPath(d.Account.ID.String()) + "/legacy-keys"
	return v.inAccount(d.Account, sheet{title: "End now", current: base, status: d.Faults.status(), trail: []page.Link{{Text: "Legacy keys", URL: base}, {Text: d.Label, URL: d.path()}, {Text: "End now"}}, body: legacyKeyRevoke(v, d)})
}

func revokeLegacyKey(v *visit) error {
	d, err := v.legacyKeyOf()
	if err != nil {
		return err
	}
	if _, err := v.Legacy.Revoke(v.ctx(), v.by, d.Key.ID, v.field("reason")); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			d.Faults = f
			return showRevokeLegacyKey(v, d)
		}
		return err
	}
	return v.leave(d.path(), "The key is ended. Calls with it are refused from now on.")
}

// turnLegacyKey makes the private integration and shows its token, this once.
func turnLegacyKey(v *visit) error {
	d, err := v.legacyKeyOf()
	if err != nil {
		return err
	}
	made, err := v.Legacy.Turn(v.ctx(), v.by, d.Key.ID, v.field("name"))
	if err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			d.Faults = f
			return showLegacyKey(v, d)
		}
		return err
	}
	return v.showPrivateToken(made.ID, made.Token, "“"+made.Name+"” is created", "The legacy key goes on working until you end it.")
}
