package page

import (
	"net/http"
	"strings"
)

// Theme is a person's choice between light and dark.
type Theme string

const (
	ThemeAuto  Theme = "" // as the browser prefers
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// ThemeCookie remembers the choice. It is no secret, so it carries no host prefix and also works on
// plain loopback.
const ThemeCookie = "guestright_theme"

// ThemePath is where SetTheme is mounted (POST).
const ThemePath = "/theme"

// ThemeOf reads the choice from the request's cookie; anything unknown is ThemeAuto.
func ThemeOf(r *http.Request) Theme {
	c, err := r.Cookie(ThemeCookie)
	if err != nil {
		return ThemeAuto
	}
	return theme(c.Value)
}

func theme(s string) Theme {
	switch t := Theme(s); t {
	case ThemeLight, ThemeDark:
		return t
	}
	return ThemeAuto
}

// SetTheme stores the choice of the form field "theme" for a year and leads back to the local path
// in the field "back". It changes nothing but a cookie, so it takes no form token.
func SetTheme() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		t := theme(r.PostFormValue("theme"))
		c := &http.Cookie{
			Name: ThemeCookie, Value: string(t), Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		}
		if t == ThemeAuto {
			c.MaxAge = -1
		}
		http.SetCookie(w, c)
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, LocalPath(r.PostFormValue("back")), http.StatusSeeOther)
	})
}

// LocalPath returns a path on this host, or "/" for anything that could lead elsewhere: another
// host, a scheme, a backslash (which browsers read as a slash) or a control character.
func LocalPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return "/"
	}
	for _, c := range s {
		if c < 0x20 || c == 0x7f || c == '\\' {
			return "/"
		}
	}
	return s
}
