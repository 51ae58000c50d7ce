package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/client/events"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/kit/secret"
)

// forwarder posts events as webhook deliveries come.
type forwarder struct {
	to     string
	secret secret.Text
	client *http.Client
}

// forwarded is how a receiver answered.
type forwarded struct {
	Status  int    // 0: not at all
	Failure string // why not
	Took    time.Duration
}

// post sends an event once. The error is that of ctx: a receiver that does not
// answer is one of the things that happen.
func (f *forwarder) post(ctx context.Context, e events.Event) (forwarded, error) {
	begun := time.Now()
	h, err := webhook.Sign(f.secret.Reveal(), webhook.Message{ID: e.ID, Time: begun, Body: e.Body})
	if err != nil {
		return forwarded{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.to, bytes.NewReader(e.Body))
	if err != nil {
		return forwarded{}, err
	}
	r.Header = h
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Guestright-Webhooks")
	res, err := f.client.Do(r)
	if err != nil {
		return forwarded{Failure: because(err), Took: time.Since(begun)}, ctx.Err()
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	return forwarded{Status: res.StatusCode, Took: time.Since(begun)}, nil
}

// because says in a few words why there was no answer.
func because(err error) string {
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return fmt.Sprintf("no answer within %d seconds", int(answerTime/time.Second))
	}
	if n, ok := errors.AsType[*net.OpError](err); ok && n.Op == "dial" {
		return "nobody listens there"
	}
	return "the connection broke off"
}

// printer says what happens: events to the output, the rest beside it; as JSON
// all of it to the output.
type printer struct {
	w    *world
	json bool
}

// happening is a line of JSON.
type happening struct {
	Kind     string   `json:"kind"` // listening, event, lost, note, ended
	At       string   `json:"at"`
	Secret   string   `json:"secret,omitempty"`
	Forward  string   `json:"forward,omitempty"`
	Types    []string `json:"types,omitempty"`
	After    *int64   `json:"after,omitempty"`
	Sequence int64    `json:"sequence,omitempty"`
	ID       string   `json:"id,omitempty"`
	Type     string   `json:"type,omitempty"`
	Status   int      `json:"status,omitempty"`
	Failure  string   `json:"failure,omitempty"`
	Took     float64  `json:"duration_ms,omitempty"`
	Text     string   `json:"text,omitempty"`
}

func (p *printer) line(h happening) {
	h.At = time.Now().UTC().Format(time.RFC3339Nano)
	_ = json.NewEncoder(p.w.out).Encode(h) // whoever read it may be gone
}

func (p *printer) aside(format string, args ...any) {
	_, _ = fmt.Fprintf(p.w.errw, format+"\n", args...)
}

func (p *printer) begun(c listenCmd, types []string, after int64) {
	if p.json {
		p.line(happening{Kind: "listening", Secret: c.Secret, Forward: c.Forward, Types: types, After: &after})
		return
	}
	what := "all events that the token may receive"
	if len(types) > 0 {
		what = strings.Join(types, ", ")
	}
	p.aside("Signing secret  %s\nListening for %s behind number %d. Each is posted to %s; Ctrl-C ends.", c.Secret, what, after, c.Forward)
}

func (p *printer) event(e events.Event, got forwarded) {
	if p.json {
		p.line(happening{Kind: "event", Sequence: e.Sequence, ID: e.ID, Type: e.Type, Status: got.Status, Failure: got.Failure, Took: float64(got.Took.Microseconds()) / 1000})
		return
	}
	answer := got.Failure
	if got.Status != 0 {
		answer = strings.TrimSpace(fmt.Sprint(got.Status, " ", http.StatusText(got.Status)))
	}
	p.w.say("%s  %d  %s  %s  %s  %d ms", time.Now().Format(time.TimeOnly), e.Sequence, e.Type, e.ID, answer, got.Took.Milliseconds())
}

func (p *printer) lost(why error, wait time.Duration) {
	text := "The connection has ended"
	if !errors.Is(why, io.EOF) {
		text = "The connection is lost (" + strings.TrimPrefix(why.Error(), "events: ") + ")"
	}
	text += fmt.Sprintf("; again in %s.", wait)
	if p.json {
		p.line(happening{Kind: "lost", Text: text})
		return
	}
	p.aside("%s", text)
}

func (p *printer) note(text string) {
	if p.json {
		p.line(happening{Kind: "note", Text: text})
		return
	}
	p.aside("%s", text)
}

func (p *printer) ended(last int64) {
	if p.json {
		p.line(happening{Kind: "ended", After: &last})
		return
	}
	p.aside("Ended behind number %d. Go on with --after %d.", last, last)
}
