package pagetest

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator gives the browser a device that keeps passkeys and, while willing, confirms at once
// that its user is there. Browsers offer passkeys at https and at http://localhost only.
type Authenticator struct {
	b  *Browser
	id webauthn.AuthenticatorID
}

// Authenticator adds one to the browser.
func (b *Browser) Authenticator() *Authenticator {
	b.t.Helper()
	b.run("look after passkeys", call(webauthn.Enable, webauthn.EnableParams{}))
	device := webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}}
	got := value(b, "add an authenticator", func(ctx context.Context, t *chromedp.Target) (webauthn.AddVirtualAuthenticatorResult, error) {
		return cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, device)
	})
	return &Authenticator{b: b, id: got.AuthenticatorID}
}

// Verify says whether the device recognises its user from now on.
func (a *Authenticator) Verify(ok bool) {
	a.b.t.Helper()
	a.b.run("verify the user", call(webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: ok}))
}

// Empty removes every passkey from the device.
func (a *Authenticator) Empty() {
	a.b.t.Helper()
	a.b.run("remove the passkeys", call(webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: a.id}))
}
