package demo

import (
	"fmt"
	"io"
)

// print says where to go and who to be.
func (g Guide) print(w io.Writer, kept bool) {
	if w == nil {
		return
	}
	p := func(format string, a ...any) { _, _ = fmt.Fprintf(w, format+"\n", a...) }
	p("")
	p("  Guestright is running. Nothing leaves this machine.")
	p("")
	p("  Console   %s", g.Console)
	p("  Directory %s/directory   what everybody finds, with what each asks for; no sign-in", g.Console)
	p("  API       %s/v1        (description: %s/openapi.json)", g.Console, g.Console)
	p("  Gateway   %s   the example product Pennant, as integrations reach it", g.Gateway)
	p("  Pennant   %s   the example product itself: switch flags, see what waits and who is in a segment", g.Product)
	p("  Deploybot %s   an integration's own server: make it fail, and look at its webhooks", g.Bot)
	p("  Board     %s/board   what it is told of hangs there, and its button turns a flag off", g.Bot)
	p("  Sign-off  %s/signoff   changes of the Reader app in production wait here for a yes", g.Bot)
	p("  Guests    %s/guestlist   whoever is on the list belongs to a segment in Pennant", g.Bot)
	p("  Health    %s/healthz   metrics: /metrics", g.Watch)
	p("")
	p("  Sign in as")
	for _, s := range g.People {
		p("    %-22s %-28s %s", s.Who, s.Email, s.Password)
	}
	p("")
	if g.Client.ID != "" {
		p("  An application that acts for people, for trying an OAuth library with")
		p("    client_id      %s", g.Client.ID)
		p("    client_secret  %s", g.Client.Secret)
		p("    redirect_uri   %s  (any port)", g.Client.Redirect)
		p("    issuer         %s", g.Console)
		p("")
	}
	p("  Try: sign in as the developer, register an application, release it, copy its")
	p("  application ID; then sign in as the account administrator and install it.")
	p("  Mail is not sent; the operator reads it in the console under Outgoing mail.")
	if kept {
		p("  Data are kept in %s.", g.Dir)
	} else {
		p("  Data are temporary; start with --dir FOLDER to keep them.")
	}
	p("")
	p("  Ctrl-C stops it.")
	p("")
}
