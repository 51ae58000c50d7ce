package console

import (
	"encoding/json"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
)

func (c *Console) clientRoutes() []route {
	const at = "/applications/{application}/sign-in"
	return []route{{"GET " + at, c.page(clientPage)}, {"POST " + at, c.page(saveClient)}}
}

// clientView is how an application signs people in.
type clientView struct {
	subject
	Redirects, JWKS, JWKSURI string
	Kind                     string // confidential, browser, device
	Method, Format           string
	DPoP                     bool
	MayEdit                  bool
	Issuer, Token            string
	Faults                   faults
}

// clientKinds are where applications run, as developers say it.
var clientKinds = []struct{ value, label, text string }{
	{"confidential", "On a server of yours", "It can keep a secret. Your keys stand under Keys."},
	{"browser", "In people's browsers", "A single-page application. It has no secret; PKCE protects it."},
	{"device", "Installed on people's devices", "A phone, desktop or command-line application. It has no secret, and may use a scheme of its own such as com.example.app."},
}

func clientPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	c, err := v.Applications.GetClient(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	d := clientView{subject: s, Redirects: strings.Join(c.RedirectURIs, "\n"), JWKS: string(c.JWKS), JWKSURI: c.JWKSURI, Method: string(c.AuthMethod), Format: string(c.TokenFormat), DPoP: c.DPoPBound, Kind: "confidential"}
	switch {
	case c.Native:
		d.Kind = "device"
	case c.Public:
		d.Kind = "browser"
	}
	return v.showClient(d)
}

func (v *visit) showClient(d clientView) error {
	path := d.path() + "/sign-in"
	d.MayEdit, d.Issuer, d.Token = v.may("application:update", d.resource()), v.Issuer, v.token(path)
	return v.about(d.subject, "/sign-in", sheet{title: "Sign-in", status: d.Faults.status(), trail: []page.Link{{Text: "Sign-in"}}, body: clientForm(d)})
}

func saveClient(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := clientView{subject: s, Redirects: v.r.PostForm.Get("redirect_uris"), JWKS: v.field("jwks"), JWKSURI: v.field("jwks_uri"), Kind: v.field("kind"),
		Method: v.field("auth_method"), Format: v.field("token_format"), DPoP: v.field("dpop") != ""}
	uris := strings.Fields(d.Redirects)
	public, native := d.Kind != "confidential", d.Kind == "device"
	method, format, keys := application.AuthMethod(d.Method), application.TokenFormat(d.Format), json.RawMessage(d.JWKS)
	if public {
		method = application.AuthNone
	} else if method == application.AuthNone {
		method = application.AuthBasic // it was public until now
	}
	if d.JWKS == "" {
		keys = json.RawMessage("null")
	}
	_, err = v.Applications.SetClient(v.ctx(), v.by, s.ID, application.ClientPatch{RedirectURIs: &uris, Public: &public, Native: &native, AuthMethod: &method,
		JWKS: &keys, JWKSURI: &d.JWKSURI, TokenFormat: &format, DPoPBound: &d.DPoP})
	if err != nil {
		if f, ok := faultsOf(err, "/redirect_uris", "/auth_method", "/jwks", "/jwks_uri", "/token_format"); ok {
			d.Faults = f
			return v.showClient(d)
		}
		return err
	}
	return v.leave(s.path()+"/sign-in", "Saved. It holds for sign-ins from now on.")
}

func (d clientView) kinds() []page.PickGroup {
	g := page.PickGroup{}
	for _, k := range clientKinds {
		g.Picks = append(g.Picks, page.Pick{Value: k.value, Label: k.label, Text: k.text, Checked: d.Kind == k.value})
	}
	return []page.PickGroup{g}
}

func (d clientView) methods() []page.Option {
	var out []page.Option
	for _, m := range []struct {
		is   application.AuthMethod
		text string
	}{{application.AuthBasic, "Secret in the Authorization header (client_secret_basic)"}, {application.AuthPost, "Secret in the form (client_secret_post)"}, {application.AuthJWT, "Signed assertion (private_key_jwt)"}} {
		out = append(out, page.Option{Value: string(m.is), Text: m.text, Selected: d.Method == string(m.is)})
	}
	return out
}

func (d clientView) formats() []page.Option {
	return []page.Option{{Value: "opaque", Text: "Opaque: only we can read it", Selected: d.Format != "jwt"}, {Value: "jwt", Text: "JWT: whoever holds it can read it (RFC 9068)", Selected: d.Format == "jwt"}}
}
