package console

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// formLife is how long a form that was shown can be sent.
const formLife = 4 * time.Hour

// formsMost bounds the memory of used tokens; when it is full the oldest half is forgotten.
const formsMost = 50_000

// forms gives out the tokens of forms for people who are not signed in. A token is a time and random bytes under a MAC of the
// browser's name and the form's address, so it needs no storage until it is used; each works once on a node.
// That it cannot be made elsewhere is what protects; that it works once keeps a double click from
// doing a thing twice.
type forms struct {
	key  []byte
	mu   sync.Mutex
	used map[[12]byte]time.Time
}

func newForms(k *secret.Keyring) *forms {
	key := make([]byte, 32)
	if k != nil {
		if derived, err := k.Key("console form tokens"); err == nil {
			key = derived
			return &forms{key: key, used: map[[12]byte]time.Time{}}
		}
	}
	rand.Read(key) //nolint:errcheck // never fails (crypto/rand)
	return &forms{key: key, used: map[[12]byte]time.Time{}}
}

func (f *forms) mac(holder, action string, head []byte) []byte {
	m := hmac.New(sha256.New, f.key)
	for _, part := range []string{holder, action, string(head)} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		m.Write(n[:])         //nolint:errcheck // a hash takes everything
		m.Write([]byte(part)) //nolint:errcheck
	}
	return m.Sum(nil)[:16]
}

// mint makes a token for the form that posts to action.
func (f *forms) mint(holder, action string, now time.Time) string {
	head := make([]byte, 20)
	binary.BigEndian.PutUint64(head, uint64(now.Unix()))
	rand.Read(head[8:]) //nolint:errcheck // never fails
	return base64.RawURLEncoding.EncodeToString(append(head, f.mac(holder, action, head)...))
}

// spend checks a token and uses it up. Errors: Forbidden `form_token`, Conflict `form_sent`,
// `form_old`.
func (f *forms) spend(holder, action, token string, now time.Time) error {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 36 || !hmac.Equal(raw[20:], f.mac(holder, action, raw[:20])) {
		return problem.Forbidden("form_token", "This form was not made for you, or you have signed in again since. Go back, load the page again and repeat.")
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(raw)), 0)
	if now.Sub(made) > formLife {
		return problem.Conflict("form_old", "This form has been open for too long. Load the page again and repeat.")
	}
	var id [12]byte
	copy(id[:], raw[8:20])
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, there := f.used[id]; there {
		return problem.Conflict("form_sent", "This form was sent already. Look at the page again to see what came of it.")
	}
	f.forget(now)
	f.used[id] = made
	return nil
}

// forget drops tokens that could not be used any more anyway.
func (f *forms) forget(now time.Time) {
	if len(f.used) < formsMost {
		return
	}
	for age := formLife; len(f.used) > formsMost/2 && age > time.Second; age /= 2 {
		for id, made := range f.used {
			if now.Sub(made) > age {
				delete(f.used, id)
			}
		}
	}
}

// guestCookie names browsers that are not signed in, so that the sign-in form is bound to one: a
// stranger's token does not sign a victim into the stranger's account.
func (c *Console) guestCookie() string {
	if c.Secure {
		return "__Host-guestright-guest"
	}
	return "guestright_guest"
}

// knock reads or makes the name of a browser that is not signed in.
func (v *visit) knock() string {
	if k, err := v.r.Cookie(v.guestCookie()); err == nil && len(k.Value) == 26 {
		return k.Value
	}
	if v.r.Method != http.MethodGet {
		return ""
	}
	name := rand.Text()
	http.SetCookie(v.w, &http.Cookie{Name: v.guestCookie(), Value: name, Path: "/", HttpOnly: true, Secure: v.Secure, SameSite: http.SameSiteStrictMode})
	return name
}

// token is the token for a form that posts to action. Those of a session are kept by identity, so that
// each works once on all nodes together; those of a guest work once on this node.
func (v *visit) token(action string) string {
	if v.session.ID == "" {
		return v.forms.mint(v.guest, action, v.now)
	}
	t, err := v.Identity.FormToken(v.session.At, action)
	if err != nil {
		v.Log.ErrorContext(v.ctx(), "console form token failed", "error", err)
		return "" // the form is shown and refused when it is sent
	}
	return t
}

// spend takes the token of the form that was sent.
func (v *visit) spend() error {
	t := v.r.PostForm.Get(page.TokenField)
	if v.session.ID != "" {
		return v.Identity.SpendForm(v.ctx(), v.session.At, v.r.URL.Path, t)
	}
	if v.guest == "" {
		return problem.Unauthenticated("unauthenticated", "Sign in first.")
	}
	return v.forms.spend(v.guest, v.r.URL.Path, t, v.now)
}

// holder is whom a flash is for.
func (v *visit) holder() string {
	if v.session.ID != "" {
		return "user/" + v.by.User
	}
	return "guest/" + v.guest
}

// shellQuoted makes a text safe between single quotes of a shell.
func shellQuoted(s string) string { return strings.ReplaceAll(s, "'", `'\''`) }

// named puts a name into a sentence.
func named(words, name string) string { return strings.Replace(words, "%s", name, 1) }

// fileWord makes a harmless part of a file name.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return '-'
	}, s)
}

// before is the position in a list that the address names; anything unreadable means the newest.
func before(v *visit) int64 {
	n, err := strconv.ParseInt(v.query("before"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
