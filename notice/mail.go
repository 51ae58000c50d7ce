package notice

import (
	"bytes"
	"html/template"
	"net/mail"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// Mail is a letter to an address, which may be nobody's yet: for proofs of
// addresses and invitations.
type Mail struct {
	To      string
	Subject string
	Text    string    // plain text; an empty line separates paragraphs
	Link    string    // shown as a button; path in the console or address
	Kind    string    // for the outbox; "" is fine
	Due     time.Time // not before; zero: now
}

// State of a letter.
type State string

// The states.
const (
	Waiting State = "waiting"
	Kept    State = "kept" // there is no mail server
	Sent    State = "sent"
	Failed  State = "failed"
)

// MailID names a letter.
type MailID = ident.ID[Letter]

// Letter is a mail as stored.
type Letter struct {
	ID      MailID     `json:"id"`
	To      string     `json:"to"`
	Kind    string     `json:"kind,omitempty"`
	Subject string     `json:"subject"`
	Text    string     `json:"text" doc:"Empty once sent: letters can hold links that sign in."`
	Link    string     `json:"link,omitempty"`
	State   State      `json:"state" enum:"waiting,kept,sent,failed"`
	Error   string     `json:"error,omitempty"`
	Created time.Time  `json:"created"`
	Due     time.Time  `json:"due"`
	Done    *time.Time `json:"done,omitempty"`
}

// IDPrefix implements ident.Named.
func (Letter) IDPrefix() string { return "mal" }

const maxAddress = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets

// address returns the plain form of a mail address, its domain in lower case.
func address(text string) (string, error) {
	invalid := problem.Invalid("address_invalid", "This is not a mail address.", problem.Field{Pointer: "/email", Code: "address_invalid", Detail: "Such as name@example.com."})
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != strings.TrimSpace(text) || len(a.Address) > maxAddress || strings.ContainsAny(a.Address, "\r\n\x00\"") {
		return "", invalid
	}
	at := strings.LastIndexByte(a.Address, '@')
	if at < 1 || at == len(a.Address)-1 {
		return "", invalid
	}
	return a.Address[:at+1] + strings.ToLower(a.Address[at+1:]), nil
}

// lane is where a letter waits: one lane per domain, so that a slow mail server
// holds up only its own mail.
func lane(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// rendering is a letter ready to send.
type rendering struct {
	text string
	html string
}

// Look is what letters have in common.
type Look struct {
	Product string // name of the platform, in the last line
	Base    string // address of the console, for links: https://partners.example.com
}

// absolute makes an address of a link.
func (k Look) absolute(link string) string {
	if strings.HasPrefix(link, "/") {
		return strings.TrimSuffix(k.Base, "/") + link
	}
	return link
}

func (k Look) render(l Letter) (rendering, error) {
	name := k.Product
	if name == "" {
		name = "Guestright"
	}
	link := k.absolute(l.Link)
	text := strings.TrimSpace(l.Text)
	if link != "" {
		text = strings.TrimSpace(text + "\n\n" + link)
	}
	text += "\n\n-- \n" + name + "\n"
	var html bytes.Buffer
	err := page.Execute(&html, map[string]any{"Subject": l.Subject, "Paragraphs": paragraphs(l.Text), "Link": link, "Name": name})
	return rendering{text: text, html: html.String()}, err
}

func paragraphs(text string) [][]string {
	var out [][]string
	for p := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, strings.Split(p, "\n"))
		}
	}
	return out
}

// page is plain on purpose: no images, nothing loaded from elsewhere.
var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body style="font-family: system-ui, sans-serif; line-height: 1.5; max-width: 36em; margin: 2em auto; padding: 0 1em">
<h1 style="font-size: 1.2em">{{.Subject}}</h1>
{{range .Paragraphs}}<p>{{range $i, $line := .}}{{if $i}}<br>
{{end}}{{$line}}{{end}}</p>
{{end}}{{if .Link}}<p><a href="{{.Link}}" style="display: inline-block; padding: .5em 1em; border: 1px solid; border-radius: .4em">Open</a></p>
<p style="font-size: .85em">{{.Link}}</p>
{{end}}<p style="font-size: .85em">{{.Name}}</p>
</body></html>
`))
