package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/secret"
)

const (
	flashCookie = "guestright_flash"
	flashMost   = 2000 // bytes
)

// flash leaves words for the next page of this browser. They are sealed: a cookie that somebody else
// planted shows nothing.
func (v *visit) flash(f page.Flash) {
	if len(f.Text) > flashMost/4 {
		f.Text = f.Text[:flashMost/4]
	}
	b, err := json.Marshal(f)
	if err != nil {
		return // words only; the deed is done
	}
	sealed := base64.RawURLEncoding.EncodeToString([]byte(v.Keys.Seal(secret.New(string(b)), "flash/"+v.holder())))
	http.SetCookie(v.w, &http.Cookie{Name: flashCookie, Value: sealed, Path: "/", MaxAge: 60, HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode})
}

// flashes takes the words that were left, once.
func (v *visit) flashes() []page.Flash {
	k, err := v.r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(v.w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteLaxMode})
	if len(k.Value) > flashMost {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(k.Value)
	if err != nil {
		return nil
	}
	open, err := v.Keys.Open(string(raw), "flash/"+v.holder())
	if err != nil {
		return nil
	}
	var f page.Flash
	if json.Unmarshal([]byte(open.Reveal()), &f) != nil || f.Text == "" {
		return nil
	}
	return []page.Flash{f}
}
