package console

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

func (c *Console) operatorKeyRoutes() []route {
	if c.Products == nil {
		return nil
	}
	return []route{
		{"GET /operator/keys", c.operator(productKeys)},
		{"POST /operator/keys", c.operator(makeProductKey)},
		{"GET /operator/keys/{key}/revoke", c.operator(revokeProductKeyPage)},
		{"POST /operator/keys/{key}/revoke", c.operator(revokeProductKey)},
	}
}

// productKeysView is the keys with which the product itself calls us.
type productKeysView struct {
	Product string
	Keys    []token.ProductKey
	Label   string
	Faults  faults
	Token   func(action string) string
}

func productKeys(v *visit) error { return showProductKeys(v, "", faults{}) }

func showProductKeys(v *visit, label string, f faults) error {
	d := productKeysView{Product: v.Catalog.Get().File().Product.Name, Label: label, Faults: f, Token: v.token}
	var err error
	if d.Keys, err = v.Products.List(v.ctx(), v.by); err != nil {
		return err
	}
	return v.byOperator(sheet{title: "Product keys", current: "/operator/keys", status: f.status(), trail: []page.Link{{Text: "Product keys"}}, body: productKeyList(v, d)})
}

func makeProductKey(v *visit) error {
	k, err := v.Products.Create(v.ctx(), v.by, v.field("label"))
	if err != nil {
		if f, ok := faultsOf(err, "/label"); ok {
			return showProductKeys(v, v.field("label"), f)
		}
		return err
	}
	return v.byOperator(sheet{title: "New product key", current: "/operator/keys", trail: []page.Link{{Text: "Product keys", URL: "/operator/keys"}, {Text: k.Label}}, body: productKeySecret(v, k)})
}

// productKeyOf finds the key that the address names.
func (v *visit) productKeyOf() (token.ProductKey, error) {
	id, err := ident.Parse[token.ProductKey](v.r.PathValue("key"))
	if err != nil {
		return token.ProductKey{}, err
	}
	all, err := v.Products.List(v.ctx(), v.by)
	if err != nil {
		return token.ProductKey{}, err
	}
	for _, k := range all {
		if k.ID == id {
			return k, nil
		}
	}
	return token.ProductKey{}, problem.NotFound("product_key")
}

// revokeProductKeyPage asks first: the product stands still until it has another key.
func revokeProductKeyPage(v *visit) error {
	k, err := v.productKeyOf()
	if err != nil {
		return err
	}
	if k.State != token.Active {
		return v.leave("/operator/keys", "“"+k.Label+"” is revoked already.")
	}
	path := "/operator/keys/" + k.ID.String() + "/revoke"
	product := v.Catalog.Get().File().Product.Name
	stops := []string{"Every call with it is refused from then on: accounts, people and roles stay as they were last told."}
	stays := []string{"Other keys and everything that " + product + " has told stay."}
	if k.LastUsed.IsZero() {
		stays = append(stays, "It has never been used.")
	} else {
		stops = append(stops, "It was last used "+page.Ago(k.LastUsed, v.now)+".")
	}
	return v.byOperator(sheet{title: "Revoke " + k.Label, current: "/operator/keys", trail: []page.Link{{Text: "Product keys", URL: "/operator/keys"}, {Text: k.Label}}, body: page.Confirm{
		Title: "Revoke “" + k.Label + "”?", Text: "This cannot be undone. Make another key first if " + product + " still needs one there.",
		Consequences: stops, Remains: stays, Action: path, Token: v.token(path), Button: "Revoke the key", Cancel: "/operator/keys"}})
}

func revokeProductKey(v *visit) error {
	id, err := ident.Parse[token.ProductKey](v.r.PathValue("key"))
	if err != nil {
		return err
	}
	if _, err := v.Products.Revoke(v.ctx(), v.by, id); err != nil {
		return err
	}
	return v.leave("/operator/keys", "The key is revoked. Calls with it are refused from now on.")
}
