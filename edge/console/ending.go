package console

import (
	"strings"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/legacy"
)

func (c *Console) endingRoutes() []route {
	if c.Legacy == nil {
		return nil
	}
	return []route{
		{"GET /operator/deprecations", c.operator(operatorEnding)},
		{"GET /groups/{group}/deprecations", c.page(groupEnding)},
		{"GET /accounts/{account}/deprecations", c.page(accountEnding)},
	}
}

// endingView is what comes to its end, and who of the reader's still calls it.
type endingView struct {
	Whose string // of whom only calls are shown, in words
	All   []legacy.Retiring
	Link  func(legacy.User) string // of the integration; "" for none
	Words string                   // what an empty list means
}

// Used and Quiet part what is still called from what nobody of the reader's calls.
func (d endingView) Used() []legacy.Retiring  { return d.part(true) }
func (d endingView) Quiet() []legacy.Retiring { return d.part(false) }

func (d endingView) part(used bool) []legacy.Retiring {
	var out []legacy.Retiring
	for _, r := range d.All {
		if r.Calls > 0 == used {
			out = append(out, r)
		}
	}
	return out
}

func operatorEnding(v *visit) error {
	got, err := v.Legacy.Retiring(v.ctx(), v.by, legacy.Asked{})
	if err != nil {
		return err
	}
	d := endingView{Whose: "all integrations", All: got, Link: holderPath,
		Words: "Nothing of the catalog is deprecated. When an operation or an API version has to go, mark it as deprecated there: every answer then says so, and here you see who still calls it."}
	return v.byOperator(sheet{title: "Deprecations", current: "/operator/deprecations", trail: []page.Link{{Text: "Deprecations"}}, body: endingList(v, d)})
}

func groupEnding(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	got, err := v.Legacy.Retiring(v.ctx(), v.by, legacy.Asked{Group: g.ID.String()})
	if err != nil {
		return err
	}
	d := endingView{Whose: "your applications", All: got, Link: holderPath,
		Words: "Nothing of " + v.product() + " is deprecated. When an operation or an API version is to end, you see here which of your applications call it, and are told in time."}
	return v.inGroup(g, sheet{title: "Deprecations", trail: []page.Link{{Text: "Deprecations"}}, body: endingList(v, d)})
}

func accountEnding(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	got, err := v.Legacy.Retiring(v.ctx(), v.by, legacy.Asked{Account: a.ID.String()})
	if err != nil {
		return err
	}
	d := endingView{Whose: "integrations of this account", All: got, Link: holderPath,
		Words: "Nothing of " + v.product() + " is deprecated. When an operation or an API version is to end, you see here which of your integrations call it, and are told in time."}
	return v.inAccount(a, sheet{title: "Deprecations", trail: []page.Link{{Text: "Deprecations"}}, body: endingList(v, d)})
}

// holderPath leads to the page of an integration.
func holderPath(u legacy.User) string {
	kind, id, _ := strings.Cut(u.Holder, "/")
	switch kind {
	case "installation":
		return installationPath(id)
	case "legacy_key":
		return legacyKeyPath(u.Account, id)
	case "private_integration":
		return "/private-integrations/" + id
	}
	return ""
}

func legacyKeyPath(acc, id string) string { return accountPath(acc) + "/legacy-keys/" + id }

// endingLinks are the navigation entries of an account, where they lead to
// something.
func (v *visit) endingLinks(id string) []page.Link {
	base, on := accountPath(id), account.Resource(id)
	var out []page.Link
	if v.Legacy != nil && v.may("legacy_key:view", on) {
		if keys, err := v.Legacy.List(v.ctx(), v.by, legacy.Query{Account: id, Limit: 1}); err == nil && len(keys) > 0 {
			out = append(out, page.Link{Text: "Legacy keys", URL: base + "/legacy-keys", Icon: page.IconKey})
		}
	}
	if v.ends() && v.may("usage:view", on) {
		out = append(out, page.Link{Text: "Deprecations", URL: base + "/deprecations", Icon: page.IconClock})
	}
	return append(out, v.leakLink(leak.Query{Account: id}, base+"/leaks")...)
}

// ends reports whether the catalog names anything that comes to its end.
func (v *visit) ends() bool {
	if v.Legacy == nil || v.Catalog == nil || v.Catalog.Get() == nil {
		return false
	}
	cat := v.Catalog.Get()
	if len(cat.Retiring()) > 0 {
		return true
	}
	for _, o := range cat.Versions().Offered {
		if o.Deprecated != nil {
			return true
		}
	}
	return false
}
