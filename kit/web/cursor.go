package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Limits of a page.
const (
	PageDefault = 50
	PageMost    = 200
	cursorMost  = 2048
)

// PageQuery is embedded in the input of every list.
type PageQuery struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"Where to continue: next of the page before."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent on the last."`
}

// PageOut is the output of a list operation.
type PageOut[T any] struct {
	Link string `header:"Link" doc:"The next page (RFC 8288), absent on the last."`
	Body Page[T]
}

// After reads the cursor of a list operation into the position type P, which is
// the type that NewPage was given: the sort key of the last item seen. The bool
// is false at the beginning of the list. Damaged cursors and those of another
// operation, path or tenant are cursor_invalid.
func After[P any](ctx context.Context, q PageQuery) (P, bool, error) {
	var p P
	if q.Cursor == "" {
		return p, false, nil
	}
	invalid := problem.Invalid("cursor_invalid", "The cursor is damaged or belongs to another list. Start again without it.")
	c := callFrom(ctx)
	if c == nil || c.api.cfg.Keys == nil || len(q.Cursor) > cursorMost {
		return p, false, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil {
		return p, false, invalid.Because(err)
	}
	text, err := c.api.cfg.Keys.Open(string(raw), bound[P](ctx, c))
	if err != nil {
		return p, false, invalid.Because(err)
	}
	if err := json.Unmarshal([]byte(text.Reveal()), &p); err != nil {
		return p, false, invalid.Because(err)
	}
	return p, true, nil
}

// NewPage makes the answer of a list operation. last is the position of the
// last item; more says that items follow it.
func NewPage[T, P any](ctx context.Context, items []T, last P, more bool) (*PageOut[T], error) {
	if items == nil {
		items = []T{}
	}
	out := &PageOut[T]{Body: Page[T]{Items: items}}
	c := callFrom(ctx)
	if !more || c == nil {
		return out, nil
	}
	if c.api.cfg.Keys == nil {
		return nil, problem.Internal("page", errNoKeys)
	}
	b, err := json.Marshal(last)
	if err != nil {
		return nil, problem.Internal("page", err)
	}
	sealed := c.api.cfg.Keys.Seal(secret.New(string(b)), bound[P](ctx, c))
	out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(sealed))
	out.Link = nextLink(c.url, out.Body.Next)
	return out, nil
}

// Cut is NewPage for items of which one more than limit was asked for: the one
// beyond says that there are more. at is the position of an item.
func Cut[T, P any](ctx context.Context, items []T, limit int, at func(T) P) (*PageOut[T], error) {
	more := len(items) > limit
	items = items[:min(len(items), limit)]
	var last P
	if n := len(items); n > 0 {
		last = at(items[n-1])
	}
	return NewPage(ctx, items, last, more)
}

// bound is what a cursor belongs to.
func bound[P any](ctx context.Context, c *call) string {
	return strings.Join([]string{"cursor", c.op.ID, c.url.EscapedPath(), c.api.caller(ctx).Tenant, reflect.TypeFor[P]().String()}, "|")
}

func nextLink(u *url.URL, cursor string) string {
	q := u.Query()
	q.Set("cursor", cursor)
	next := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: q.Encode()}
	return "<" + next.String() + `>; rel="next"`
}

type webError string

// Error implements error.
func (e webError) Error() string { return string(e) }

const errNoKeys = webError("web: a list needs Config.Keys")
