package configuration

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
)

// privateHalf is the name under which the private half of a key pair is kept when
// the form has no hidden secret for it.
const privateHalf = ".private"

// fill takes over what was filled in: before are the stored values with their
// secrets. It gives what to store and the findings, beside the fields.
func fill(form manifest.Form, before manifest.Values, raw map[string]any) (manifest.Values, []problem.Field, error) {
	now := maps.Clone(before)
	if now == nil {
		now = manifest.Values{}
	}
	typed := form.Typed(raw)
	for key, v := range raw {
		d, known := form.Variable(key)
		switch {
		case known && (d.Type == manifest.TypeGenerated || d.Type == manifest.TypePublicKey):
			// made by us: what comes back is what was shown
		case v == nil:
			delete(now, key)
		case known && d.Secret.Get() && (v == Mask || v == ""):
			// it was never shown, so a blank one means that it stays
		default:
			now[key] = typed[key]
		}
	}
	kept, err := makeOwn(form, now)
	if err != nil {
		return nil, nil, err
	}
	sheet := manifest.Values{}
	for key, v := range now {
		if _, ours := kept[key]; !ours {
			sheet[key] = v
		}
	}
	found := fields(form.Check(sheet))
	found = append(found, fields(form.CheckChange(before, sheet))...)
	out := form.Complete(sheet)
	maps.Copy(out, kept)
	return out, found, nil
}

// makeOwn makes what we make ourselves and gives what belongs to no field.
func makeOwn(form manifest.Form, now manifest.Values) (manifest.Values, error) {
	kept := manifest.Values{}
	for _, d := range form {
		have := now.Text(d.Key) != ""
		switch d.Type {
		case manifest.TypeGenerated:
			if !have {
				raw := make([]byte, 16)
				if _, err := rand.Read(raw); err != nil {
					return nil, err
				}
				now[d.Key] = hex.EncodeToString(raw)
			}
		case manifest.TypePublicKey:
			at := privatePlace(form, d.Key)
			if !have {
				public, private, err := keyPair()
				if err != nil {
					return nil, err
				}
				now[d.Key], now[at] = public, private
			}
			if _, field := form.Variable(at); !field {
				kept[at] = now[at]
			}
		}
	}
	return kept, nil
}

// privatePlace is where the private half of a key pair goes: the form's own hidden
// secret, if there is exactly one.
func privatePlace(form manifest.Form, key string) string {
	var hidden []string
	for _, d := range form {
		if d.Hidden.Get() && d.Secret.Get() {
			hidden = append(hidden, d.Key)
		}
	}
	if len(hidden) == 1 {
		return hidden[0]
	}
	return key + privateHalf
}

// keyPair makes an RSA key, which every service takes, as PEM: SPKI and PKCS 8.
func keyPair() (string, secret.Text, error) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", secret.Text{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		return "", secret.Text{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", secret.Text{}, err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))), nil
}

func fields(found []manifest.FieldError) []problem.Field {
	out := make([]problem.Field, len(found))
	for i, f := range found {
		out[i] = problem.Field{Pointer: "/values/" + pointed(f.Key), Code: f.Rule, Detail: f.Message}
	}
	return out
}

// pointed writes a key as a part of a JSON pointer (RFC 6901).
func pointed(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func judgeName(name string) []problem.Field {
	if n := utf8.RuneCountInString(name); n == 0 || n > nameMost || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return []problem.Field{{Pointer: "/name", Code: "name_invalid", Detail: "1 to 100 printable characters."}}
	}
	return nil
}

// shown is what may be read of the values: secrets masked, and nothing that
// belongs to no field.
func shown(form manifest.Form, values manifest.Values, sealed map[string]string) map[string]any {
	out := map[string]any{}
	for _, d := range form {
		if _, there := sealed[d.Key]; there {
			out[d.Key] = Mask
		} else if v, there := values[d.Key]; there {
			out[d.Key] = v
		}
	}
	return out
}
