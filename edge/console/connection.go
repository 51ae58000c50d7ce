package console

import (
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/edge/page"
)

func (c *Console) connectionRoutes() []route {
	if c.Connections == nil {
		return nil
	}
	return []route{
		{"POST /configurations/{configuration}/connect", c.page(connect)},
		{"POST /configurations/{configuration}/disconnect", c.page(disconnect)},
		{"GET " + connection.ReturnPath, c.page(returned)},
	}
}

// connect shows the way to the partner: a link, which no rule of a page's forms holds up.
func connect(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	b, err := v.Connections.Begin(v.ctx(), v.by, f.At.ID, v.field("base_uri"))
	if err != nil {
		found, ok := faultsOf(err, "/base_uri")
		if !ok {
			return err
		}
		f.Faults = found
		return f.page(v)
	}
	return f.show(v, sheet{title: "Connect", body: connectOut(f, b)}, page.Link{Text: "Set up", URL: configurationsPath(f.Here.ID)}, page.Link{Text: f.At.Name, URL: f.path()}, page.Link{Text: "Connect"})
}

func disconnect(v *visit) error {
	f, err := v.configurationOf()
	if err != nil {
		return err
	}
	if err := v.Connections.Disconnect(v.ctx(), v.by, f.At.ID); err != nil {
		return err
	}
	return v.leave(f.path(), "It is disconnected.")
}

// returned takes a person back who comes from the partner.
func returned(v *visit) error {
	q := v.r.URL.Query()
	id, err := v.Connections.Return(v.ctx(), v.by, connection.Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"), Description: q.Get("error_description")})
	if err == nil {
		return v.leave(configurationPath(id), "It is connected.")
	}
	found, ok := faultsOf(err)
	if !ok || id.IsZero() {
		return err
	}
	v.r.SetPathValue("configuration", id.String())
	f, again := v.configurationOf()
	if again != nil {
		return again
	}
	f.Faults = found
	return f.page(v)
}
