package webhook

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/webhook/broker"
)

// checkAddress judges where an endpoint is: a web server or a message broker.
func (s *Service) checkAddress(address string) error {
	if !broker.Speaks(address) {
		return s.Client.CheckURL(address)
	}
	t, err := broker.Parse(address)
	if err != nil {
		return err
	}
	return s.Client.CheckStream(t.URL, t.Plain)
}

const (
	usernameMost = 255
	passwordMost = 4096
)

// judgeCredentials returns the findings about what we sign in with.
func (d *Draft) judgeCredentials() []problem.Field {
	var f []problem.Field
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(d.Username) > usernameMost || strings.ContainsFunc(d.Username, unprintable) {
		f = append(f, problem.Field{Pointer: "/username", Code: "username_invalid", Detail: "At most 255 printable characters."})
	}
	if d.Password != nil && (len(*d.Password) > passwordMost || strings.ContainsFunc(*d.Password, unprintable)) {
		f = append(f, problem.Field{Pointer: "/password", Code: "password_invalid", Detail: "At most 4,096 printable characters."})
	}
	if broker.Speaks(d.URL) {
		return f
	}
	if d.Username != "" {
		f = append(f, problem.Field{Pointer: "/username", Code: "broker_only", Detail: "A web server gets signed requests; only a message broker is signed in at."})
	}
	if d.Password != nil && *d.Password != "" {
		f = append(f, problem.Field{Pointer: "/password", Code: "broker_only", Detail: "A web server gets signed requests; only a message broker is signed in at."})
	}
	return f
}

// judgeMove keeps a stored password from being sent to somebody else: who moves
// the endpoint must know it.
func (e *Endpoint) judgeMove(d Draft) []problem.Field {
	if e.password == "" || d.Password != nil || !broker.Speaks(d.URL) || broker.Place(e.URL) == broker.Place(d.URL) {
		return nil
	}
	return []problem.Field{{Pointer: "/password", Code: "password_again", Detail: "The stored password is for the server before. Enter it again, or leave it empty for none."}}
}

func passwordPlace(id ID) string { return sealPlace(id) + "|password" }

// putPassword stores a password, or keeps the one that is there. A web server
// has none.
func (s *Service) putPassword(e *Endpoint, fresh *string) {
	switch {
	case !broker.Speaks(e.URL), fresh != nil && *fresh == "":
		e.password = ""
	case fresh != nil:
		e.password = s.Keys.Seal(secret.New(*fresh), passwordPlace(e.ID))
	}
	e.HasPassword = e.password != ""
}

// via is how to reach the message broker of an endpoint; nil for a web server.
func (s *Service) via(e Endpoint) (*broker.Target, error) {
	if !broker.Speaks(e.URL) {
		return nil, nil
	}
	t, err := broker.Parse(e.URL)
	if err != nil {
		return nil, err
	}
	t.Username = e.Username
	if e.password != "" {
		t.Password, err = s.Keys.Open(e.password, passwordPlace(e.ID))
	}
	return &t, err
}

// Unreadable is the failure of an endpoint whose stored address or secrets can't
// be read: by other keys, or by rules that have become stricter.
const Unreadable outbound.Failure = "unreadable"

// reads fills in what delivery needs of an endpoint: how to reach it, and the
// keys that sign for it.
func (s *Service) reads(tx *store.Tx, to *destination) error {
	now := tx.Now()
	var err error
	if to.Maker != "" {
		make := s.makers[to.Maker]
		if make == nil {
			return problem.Conflict("webhook_kept", "Nothing makes the requests of this endpoint any more.")
		}
		to.making, err = make(tx, to.Endpoint)
		return err
	}
	if to.Body != "" {
		if to.body, err = template.Parse(to.Body); err != nil {
			return err
		}
	}
	if to.via, err = s.via(to.Endpoint); err != nil || to.Signature == SignEd25519 {
		return err
	}
	for _, stored := range to.live(now) {
		text, err := s.Keys.Open(stored.sealed, sealPlace(to.ID))
		if err != nil {
			return err
		}
		key, err := hook.Key(text)
		if err != nil {
			return err
		}
		to.keys = append(to.keys, key)
		if !stored.Ends.IsZero() && (to.ends.IsZero() || stored.Ends.Before(to.ends)) {
			to.ends = stored.Ends
		}
	}
	return nil
}

// brokerHeaders go along with a message, in this order.
var brokerHeaders = []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Webhook-Key-Id", "Content-Type"}

// post gives a message to a broker; the result reads like that of a request.
func (s *Service) post(ctx context.Context, to *destination, it *item, m message, header http.Header) outbound.Result {
	if err := s.Client.CheckStream(to.via.URL, to.via.Plain); err != nil { // the operator's rules may have changed
		return outbound.Result{Failure: outbound.BadURL, Err: err}
	}
	out := broker.Message{ID: m.id, Key: it.ordering, Body: m.body}
	for _, name := range brokerHeaders {
		if v := header.Get(name); v != "" {
			out.Header = append(out.Header, broker.Field{Name: strings.ToLower(name), Value: v})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	got := s.brokers.Send(ctx, to.ID.String(), *to.via, out)
	res := outbound.Result{Body: []byte(got.Answer), Duration: got.Took, Failure: got.Failure, Err: got.Err}
	if got.Failure == outbound.NoFailure {
		res.Status = http.StatusOK
	}
	if len(res.Body) > answerMost {
		res.Body, res.Truncated = res.Body[:answerMost], true
	}
	return res
}
