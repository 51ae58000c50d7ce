package console

import (
	"net/url"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
)

func (c *Console) operatorAccountRoutes() []route {
	return []route{
		{"GET /operator/accounts", c.operator(operatorAccounts)},
		{"POST /operator/accounts", c.operator(putAccount)},
		{"GET /operator/accounts/{account}/close", c.operator(closeAccountPage)},
		{"POST /operator/accounts/{account}/close", c.operator(closeAccount)},
	}
}

// operatorAccountsView is a part of all accounts, and the form for one more.
type operatorAccountsView struct {
	Accounts []account.Account
	Parents  map[string]string // names by id
	Query    string
	Draft    account.Draft
	Faults   faults
	Token    string
	Pager    page.Pager
	Product  string
}

func operatorAccounts(v *visit) error { return showOperatorAccounts(v, account.Draft{}, faults{}) }

func showOperatorAccounts(v *visit, draft account.Draft, f faults) error {
	d := operatorAccountsView{Draft: draft, Faults: f, Token: v.token("/operator/accounts"), Product: v.Catalog.Get().File().Product.Name}
	after := v.query("after")
	d.Query = v.query("q")
	list, err := v.Accounts.Search(v.ctx(), v.by, d.Query, account.Position{After: after, Limit: accountsMost + 1})
	if err != nil {
		return err
	}
	first := url.Values{}
	if d.Query != "" {
		first.Set("q", d.Query)
	}
	d.Pager = page.Pager{Label: "Accounts"}
	if after != "" {
		d.Pager.First = "/operator/accounts?" + first.Encode()
	}
	if len(list) > accountsMost {
		list = list[:accountsMost]
		first.Set("after", list[accountsMost-1].ID.String())
		d.Pager.Next = "/operator/accounts?" + first.Encode()
	}
	d.Pager.Shown = plural(len(list), "account")
	d.Accounts, d.Parents = list, accountNames(list)
	return v.byOperator(sheet{title: "Accounts", current: "/operator/accounts", status: f.status(), trail: []page.Link{{Text: "Accounts"}}, body: operatorAccountList(v, d)})
}

func putAccount(v *visit) error {
	d := account.Draft{Key: v.field("key"), Name: v.field("name"), Kind: account.Kind(v.field("kind")), Parent: v.field("parent_key"), Group: v.field("group"), Upstream: v.field("upstream")}
	a, err := v.Accounts.Put(v.ctx(), v.by, d)
	if err != nil {
		if f, ok := faultsOf(err, "/key", "/name", "/kind", "/parent_key", "/group", "/upstream"); ok {
			return showOperatorAccounts(v, d, f)
		}
		return err
	}
	return v.leave(accountPath(a.ID.String()), a.Name+" is there. The product tells us who administers it.")
}

func closeAccountPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	return showCloseAccount(v, a, "")
}

func showCloseAccount(v *visit, a account.Account, fault string) error {
	path := "/operator/accounts/" + a.ID.String() + "/close"
	all, err := v.Integrations.ListAccount(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	stops := 0
	for _, i := range all {
		if i.State != integration.Removed {
			stops++
		}
	}
	stop := "No integration is installed in it; none can be while it is closed."
	if stops > 0 {
		stop = "Every call to it is refused at once. " + plural(stops, "integration") + " can do nothing in it any more."
	}
	status := 200
	if fault != "" {
		status = 422
	}
	return v.byOperator(sheet{title: "Close " + a.Name, current: "/operator/accounts", status: status, trail: []page.Link{{Text: "Accounts", URL: "/operator/accounts"}, {Text: a.Name}}, body: page.Confirm{
		Title: "Close " + a.Name + "?", Text: "Do this when the customer has left.",
		Consequences: []string{stop}, Remains: []string{"Its people can still read what happened.", "Adding the account again with the same key opens it."},
		Action: path, Token: v.token(path), Phrase: a.Key, Error: fault, Button: "Close the account", Cancel: "/operator/accounts"}})
}

func closeAccount(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	if v.field("phrase") != a.Key {
		return showCloseAccount(v, a, "That is not its key. Type it exactly as it is written.")
	}
	if _, err := v.Accounts.Close(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	return v.leave("/operator/accounts", a.Name+" is closed.")
}
