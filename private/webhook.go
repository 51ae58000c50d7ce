package private

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// WebhookID identifies a Webhook.
type WebhookID = ident.ID[Webhook]

// WebhooksMost bounds the webhooks of one integration.
const WebhooksMost = 20

// Webhook says which events go to which address. Nothing is sent yet.
type Webhook struct {
	ID          WebhookID `json:"id"`
	Integration string    `json:"private_integration"`
	URL         string    `json:"url"`
	Description string    `json:"description,omitempty"`
	Types       []string  `json:"types" nullable:"false" doc:"Event types; * stands for any letters"`
	Enabled     bool      `json:"enabled"`
	Receives    []string  `json:"receives" nullable:"false" doc:"What that means today: the event types that the scopes allow"`
	CreatedBy   string    `json:"created_by"`
	Created     time.Time `json:"created"`
}

// IDPrefix implements ident.Named.
func (Webhook) IDPrefix() string { return "pwh" }

// WebhookDraft is what somebody decides about a webhook.
type WebhookDraft struct {
	URL         string   `json:"url" maxLength:"2048" example:"https://hooks.example.com/guestright"`
	Description string   `json:"description,omitempty" maxLength:"800"`
	Types       []string `json:"types" minItems:"1" maxItems:"100" nullable:"false" doc:"Event types; * stands for any letters, as in flag.*"`
	Enabled     *bool    `json:"enabled,omitempty" doc:"On when absent"`
}

// EventType is a kind of event, and whether an integration may receive it.
type EventType struct {
	Type        string   `json:"type"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`
	Allowed     bool     `json:"allowed"`
	Needs       []string `json:"needs" nullable:"false" doc:"Scopes any of which would allow it; empty when every integration may"`
}

// eventTypes lists what the catalog publishes, by name.
func eventTypes(cat *catalog.Catalog, scopes []string) []EventType {
	var given []string
	for _, s := range scopes {
		given = append(given, cat.Entitlements(s)...)
	}
	out := []EventType{}
	for name, e := range cat.File().Events {
		t := EventType{Type: name, Label: cmp.Or(e.Label, name), Description: e.Description, Needs: []string{},
			Allowed: e.Entitlement == "" || slices.Contains(given, e.Entitlement)}
		if e.Entitlement != "" {
			for _, s := range cat.Scopes() {
				if slices.Contains(cat.Entitlements(s), e.Entitlement) {
					t.Needs = append(t.Needs, s)
				}
			}
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b EventType) int { return strings.Compare(a.Type, b.Type) })
	return out
}

// receives lists the allowed types that the patterns name.
func receives(patterns []string, all []EventType) []string {
	out := []string{}
	for _, t := range all {
		if t.Allowed && slices.ContainsFunc(patterns, func(p string) bool { return event.Like(p, t.Type) }) {
			out = append(out, t.Type)
		}
	}
	return out
}

// check returns the findings about a draft. An event that no scope allows is
// refused: Forbidden `event_scope_missing`, naming the scopes that would do. A
// pattern passes as long as something that it names is allowed; the rest is not
// sent.
func (d *WebhookDraft) check(all []EventType) error {
	var f []problem.Field
	d.URL, d.Description = strings.TrimSpace(d.URL), strings.TrimSpace(d.Description)
	if utf8.RuneCountInString(d.Description) > 200 || strings.ContainsFunc(d.Description, odd) {
		f = append(f, problem.Field{Pointer: "/description", Code: "description_invalid", Detail: "At most 200 printable characters."})
	}
	for pointer, text := range map[string]string{"/url": d.URL, "/description": d.Description} {
		if holdsSecret(text) {
			f = append(f, problem.Field{Pointer: pointer, Code: "credential", Detail: "This holds a token. Take it out and replace that token: others may have seen it."})
		}
	}
	d.Types = sorted(d.Types)
	if len(d.Types) == 0 || len(d.Types) > 100 {
		f = append(f, problem.Field{Pointer: "/types", Code: "required", Detail: "Choose 1 to 100 event types."})
	}
	var needs []string
	for i, pattern := range d.Types {
		known, allowed := false, false
		var would []string
		for _, t := range all {
			if event.Like(pattern, t.Type) {
				known, allowed = true, allowed || t.Allowed
				would = append(would, t.Needs...)
			}
		}
		switch {
		case !known:
			f = append(f, problem.Field{Pointer: "/types/" + strconv.Itoa(i), Code: "event_unknown", Detail: "The catalog publishes no such event."})
		case !allowed:
			needs = append(needs, would...)
		}
	}
	switch {
	case len(f) > 0:
		return problem.Invalid("webhook_invalid", "Some of the fields need another look.", f...)
	case len(needs) > 0:
		return problem.Forbidden("event_scope_missing", "The integration's scopes do not allow some of these events.").With("needs_one_of", sorted(needs))
	}
	return nil
}
