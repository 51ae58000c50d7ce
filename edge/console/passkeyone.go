package console

import (
	"net/http"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
)

// onePasskeyView is one passkey of the reader: its name can be changed, and it can be removed.
type onePasskeyView struct {
	identity.Passkey
	Typed, Token string
	Faults       faults
}

func passkeyPath(k identity.Passkey) string { return passkeysPath + "/" + k.ID.String() }

// passkeyOf finds the passkey that the address names among the reader's own.
func (v *visit) passkeyOf() (identity.Passkey, error) {
	all, err := v.Identity.Passkeys(v.ctx(), v.by, v.session.At)
	if err != nil {
		return identity.Passkey{}, err
	}
	for _, k := range all {
		if k.ID.String() == v.r.PathValue("passkey") {
			return k, nil
		}
	}
	return identity.Passkey{}, problem.NotFound("passkey")
}

func onePasskeyPage(v *visit) error {
	k, err := v.passkeyOf()
	if err != nil {
		return err
	}
	return showOnePasskey(v, onePasskeyView{Passkey: k, Typed: k.Name})
}

func showOnePasskey(v *visit, d onePasskeyView) error {
	d.Token = v.token(passkeyPath(d.Passkey))
	return v.mine(sheet{title: d.Name, status: d.Faults.status(), trail: []page.Link{{Text: "Passkey “" + d.Name + "”"}}, body: onePasskey(v, d)})
}

func renamePasskey(v *visit) error {
	k, err := v.passkeyOf()
	if err != nil {
		return err
	}
	typed := v.field("name")
	k, err = v.Identity.RenamePasskey(v.ctx(), v.by, v.session.At, k.ID, typed)
	if f, ok := faultsOf(err, "/name"); ok {
		if k, err = v.passkeyOf(); err != nil {
			return err
		}
		return showOnePasskey(v, onePasskeyView{Passkey: k, Typed: typed, Faults: f})
	}
	if err != nil {
		return err
	}
	return v.leave("/me", "The passkey is called “"+k.Name+"” now.")
}

func removePasskeyPage(v *visit) error { return showRemovePasskey(v, "") }

func showRemovePasskey(v *visit, fault string) error {
	k, err := v.passkeyOf()
	if err != nil {
		return err
	}
	status := http.StatusOK
	if fault != "" {
		status = http.StatusConflict
	}
	path := passkeyPath(k) + "/remove"
	c := page.Confirm{Title: "Remove the passkey “" + k.Name + "”?", Text: "Do this when the device is lost, sold or no longer yours.",
		Consequences: []string{"It can't be used to sign in any more.", "Your device may go on offering it; delete it there too, in its list of passwords and passkeys."},
		Remains:      []string{"You stay signed in, here and elsewhere. Look at your sessions if somebody else may have the device."},
		Action:       path, Token: v.token(path), Button: "Remove the passkey", Cancel: passkeyPath(k)}
	return v.mine(sheet{title: "Remove a passkey", status: status, trail: []page.Link{{Text: "Passkey “" + k.Name + "”", URL: passkeyPath(k)}, {Text: "Remove"}}, body: passkeyRemoval(fault, c)})
}

func removePasskey(v *visit) error {
	k, err := v.passkeyOf()
	if err != nil {
		return err
	}
	err = v.Identity.RemovePasskey(v.ctx(), v.by, v.session.At, k.ID)
	if problem.CodeOf(err) == "last_credential" {
		return showRemovePasskey(v, problem.Of(err).Detail)
	}
	if err != nil {
		return err
	}
	return v.leave("/me", "The passkey “"+k.Name+"” is removed.")
}
