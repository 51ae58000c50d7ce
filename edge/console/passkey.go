package console

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
)

// The script asks one of the two begin addresses for the browser's options. They change nothing and
// another site's page cannot read the answer, so they need no form token; the form that is sent with the browser's
// answer does.
const (
	passkeysPath      = "/me/passkeys"
	passkeySignInPath = "/sign-in/passkey"
	beginSuffix       = "/begin"
)

func (c *Console) passkeyRoutes() []route {
	return []route{
		{"GET " + passkeysPath, c.sure(passkeyPage)},
		{"POST " + passkeysPath, c.sure(addPasskey)},
		{"POST " + passkeysPath + beginSuffix, c.raw(beginPasskey)},
		{"GET " + passkeysPath + "/{passkey}", c.page(onePasskeyPage)},
		{"POST " + passkeysPath + "/{passkey}", c.page(renamePasskey)},
		{"GET " + passkeysPath + "/{passkey}/remove", c.sure(removePasskeyPage)},
		{"POST " + passkeysPath + "/{passkey}/remove", c.sure(removePasskey)},
		{"POST " + passkeySignInPath, c.open(passkeySignIn)},
		{"POST " + passkeySignInPath + beginSuffix, c.raw(beginPasskeySignIn)},
	}
}

// passkeySite says whether browsers offer passkeys at the address that the person uses.
type passkeySite struct {
	Here  bool
	There string // the same page where they do; empty: nowhere
}

func (v *visit) passkeySite(path string) passkeySite {
	origin, ok := v.Identity.PasskeyOrigin()
	at, err := url.Parse(origin)
	if !ok || err != nil {
		return passkeySite{}
	}
	host, _, err := net.SplitHostPort(v.r.Host)
	if err != nil {
		host = v.r.Host // without a port
	}
	if strings.EqualFold(host, at.Hostname()) {
		return passkeySite{Here: true}
	}
	return passkeySite{There: origin + path}
}

// passkeyView is the form for a new passkey.
type passkeyView struct {
	Name, Token string
	Site        passkeySite
	Faults      faults
}

func passkeyPage(v *visit) error { return showPasskey(v, passkeyView{}) }

func showPasskey(v *visit, d passkeyView) error {
	d.Token, d.Site = v.token(passkeysPath), v.passkeySite(passkeysPath)
	return v.mine(sheet{title: "Add a passkey", status: d.Faults.status(), trail: []page.Link{{Text: "Add a passkey"}}, body: passkeyForm(d)})
}

func addPasskey(v *visit) error {
	d := passkeyView{Name: v.field("name")}
	if v.field("credential") == "" {
		d.Faults = faults{text: "A passkey needs a browser that runs scripts; nothing has changed."}
		return showPasskey(v, d)
	}
	k, err := v.Identity.AddPasskey(v.ctx(), v.by, v.session.At, v.passkeyAnswer(d.Name))
	if err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			d.Faults = f
			return showPasskey(v, d)
		}
		return err
	}
	return v.leave("/me", "The passkey “"+k.Name+"” is added. From now on you can sign in with it.")
}

// passkeyEntry is the form that lets somebody in by a passkey.
type passkeyEntry struct {
	Button, Next, Token string
	Site                passkeySite
}

func (v *visit) passkeyEntry(button, page, next string) passkeyEntry {
	return passkeyEntry{Button: button, Next: next, Token: v.token(passkeySignInPath), Site: v.passkeySite(withNext(page, next))}
}

// passkeyAnswer is what the script put into the form. What is not JSON is refused like any other
// answer that can't be verified.
func (v *visit) passkeyAnswer(name string) identity.Answer {
	return identity.Answer{Exchange: v.field("exchange"), Name: name, Credential: json.RawMessage(v.field("credential"))}
}

func passkeySignIn(v *visit) error {
	d := signInView{Next: page.LocalPath(v.field("next"))}
	st, err := v.Identity.PasskeySignIn(v.ctx(), v.passkeyAnswer(""), v.Identity.VisitOf(v.r))
	if err != nil {
		p := problem.Of(err)
		if p.Kind == problem.KindInternal {
			return err
		}
		if d.Fault = p.Detail; p.Code == "passkey_refused" {
			d.Fault += " It may have been removed. Sign in another way, then look at your passkeys."
		}
		return showSignIn(v, d, http.StatusUnprocessableEntity)
	}
	words := ""
	if v.session.ID != "" && st.User.ID.String() != v.by.User {
		words = "You are signed in as " + st.User.Email + " now: the passkey is theirs."
	}
	v.begin(st)
	if words != "" {
		v.by.User = st.User.ID.String() // the words are for the new session
	}
	return v.leave(d.Next, words)
}

func beginPasskey(v *visit) error {
	if v.session.ID == "" {
		return v.tell(http.StatusUnauthorized, begun{Go: signInPath(passkeysPath)})
	}
	got, err := v.Identity.BeginPasskey(v.ctx(), v.by, v.session.At)
	if problem.CodeOf(err) == "fresh_sign_in_required" {
		return v.tell(http.StatusForbidden, begun{Go: withNext("/confirm", passkeysPath)})
	}
	return v.begun(got, err)
}

func beginPasskeySignIn(v *visit) error {
	got, err := v.Identity.BeginPasskeySignIn(v.ctx())
	return v.begun(got, err)
}

// begun is what the script gets: a challenge, words about why there is none, or where to go first.
type begun struct {
	identity.Challenge
	Detail string `json:"detail,omitempty"`
	Go     string `json:"go,omitempty"`
}

func (v *visit) begun(c identity.Challenge, err error) error {
	if err == nil {
		return v.tell(http.StatusOK, begun{Challenge: c})
	}
	p := problem.Of(err)
	if p.Kind == problem.KindInternal {
		return err
	}
	return v.tell(http.StatusUnprocessableEntity, begun{Detail: p.Detail})
}

// tell answers the script.
func (v *visit) tell(status int, b begun) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return problem.Internal("console.passkey", err)
	}
	h := v.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	v.w.WriteHeader(status)
	_, err = v.w.Write(raw)
	if err != nil {
		return nil //nolint:nilerr // the browser is gone; there is nobody to tell
	}
	return nil
}
