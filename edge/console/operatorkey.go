package console

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/token"
)

func (c *Console) operatorKeyRoutes() []route {
	if c.Products == nil {
		return nil
	}
	return []route{
		{"GET /operator/keys", c.operator(productKeys)},
		{"POST /operator/keys", c.operator(makeProductKey)},
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
