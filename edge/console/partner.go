package console

import (
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

func (c *Console) partnerRoutes() []route {
	if c.Connections == nil {
		return nil
	}
	const at = "/applications/{application}/partner"
	return []route{
		{"GET " + at, c.page(partnerPage)},
		{"POST " + at, c.page(savePartner)},
		{"GET " + at + "/delete", c.page(deletePartnerPage)},
		{"POST " + at + "/delete", c.page(deletePartner)},
	}
}

func (s subject) partnerPath() string { return s.path() + "/partner" }

var partnerFields = []string{"/authorization_endpoint", "/token_endpoint", "/issuer", "/client_id", "/client_secret", "/client_auth", "/scopes", "/base_uri", "/base_hosts"}

// partnerView is the developer's OAuth server, to which customers connect.
type partnerView struct {
	subject
	Known  bool // it was entered before
	Draft  connection.PartnerDraft
	At     connection.Partner
	Back   string // our address that is registered there
	MayAct bool
	Faults faults
}

func (v *visit) partnerOf() (partnerView, error) {
	s, err := v.subject()
	d := partnerView{subject: s, Back: v.Connections.Back()}
	if err != nil {
		return d, err
	}
	d.MayAct = v.may("application:update", s.resource())
	p, err := v.Connections.Partner(v.ctx(), v.by, s.ID)
	if problem.CodeOf(err) == "not_found" {
		return d, nil
	}
	d.At, d.Known = p, err == nil
	d.Draft = connection.PartnerDraft{Authorization: p.Authorization, Token: p.Token, Issuer: p.Issuer, ClientID: p.ClientID, Method: p.Method, Scopes: p.Scopes, BaseURI: p.BaseURI, Hosts: p.Hosts}
	return d, err
}

func (d partnerView) page(v *visit) error {
	return v.about(d.subject, "/settings", sheet{title: "OAuth server", status: d.Faults.status(), trail: []page.Link{{Text: "Settings", URL: d.path() + "/settings"}, {Text: "OAuth server"}}, body: partnerSheet(v, d)})
}

func partnerPage(v *visit) error {
	d, err := v.partnerOf()
	if err != nil {
		return err
	}
	return d.page(v)
}

func savePartner(v *visit) error {
	d, err := v.partnerOf()
	if err != nil {
		return err
	}
	list := func(name string) []string {
		return strings.FieldsFunc(v.field(name), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' })
	}
	d.Draft = connection.PartnerDraft{Authorization: v.field("authorization_endpoint"), Token: v.field("token_endpoint"), Issuer: v.field("issuer"), ClientID: v.field("client_id"),
		Secret: v.field("client_secret"), Method: v.field("client_auth"), Scopes: list("scopes"), BaseURI: v.field("base_uri"), Hosts: list("base_hosts")}
	if _, err := v.Connections.SetPartner(v.ctx(), v.by, d.ID, d.Draft); err != nil {
		found, ok := faultsOf(err, partnerFields...)
		if !ok {
			return err
		}
		d.Faults = found
		return d.page(v)
	}
	return v.leave(d.partnerPath(), "Saved. Customers can connect.")
}

func deletePartnerPage(v *visit) error {
	d, err := v.partnerOf()
	if err != nil {
		return err
	}
	if !d.Known {
		return problem.NotFound("partner")
	}
	at := d.partnerPath() + "/delete"
	c := page.Confirm{Title: "Forget your OAuth server?", Text: d.Name, Action: at, Token: v.token(at), Button: "Forget it", Cancel: d.partnerPath(),
		Consequences: []string{"Nobody can connect any more.", "Connections end with the tokens that they have: none is refreshed."}}
	return v.about(d.subject, "/settings", sheet{title: "Forget the OAuth server", trail: []page.Link{{Text: "OAuth server", URL: d.partnerPath()}, {Text: "Forget"}}, body: c})
}

func deletePartner(v *visit) error {
	d, err := v.partnerOf()
	if err != nil {
		return err
	}
	if err := v.Connections.DropPartner(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	return v.leave(d.partnerPath(), "It is forgotten.")
}

// connects reports whether the package of a version has customers connect, and whether
// they can.
func (v *visit) connects(one release.Version) (needed, ready bool, err error) {
	if v.Connections == nil {
		return false, false, nil
	}
	packed, err := v.Releases.Opened(v.ctx(), v.by, one.ID)
	if err != nil || !packed.Manifest.Connection.OAuth.Required.Get() {
		return false, false, err
	}
	id, err := ident.Parse[application.Application](one.Application)
	if err != nil {
		return true, false, err
	}
	_, err = v.Connections.Partner(v.ctx(), v.by, id)
	if problem.CodeOf(err) == "not_found" {
		return true, false, nil
	}
	return true, err == nil, err
}
