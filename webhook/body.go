package webhook

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

// BadTemplate is the failure of an attempt for which the endpoint's template made
// no body. Nothing was sent; the attempt's answer says where and why.
const BadTemplate outbound.Failure = "template"

// message writes the body of an event as the endpoint wants it.
func (to *destination) message(e *event.Event) ([]byte, error) {
	plain := e.Append(make([]byte, 0, len(e.Data)+512))
	if to.body == nil {
		return plain, nil
	}
	return rendered(to.body, plain)
}

func rendered(t *template.Template, envelope []byte) ([]byte, error) {
	root, err := value.Decode(envelope)
	if err != nil {
		return nil, err
	}
	return t.JSON(root)
}

// sampled bounds how many types a template is tried with.
const sampled = 100

// templateMost bounds an endpoint's template, in bytes.
const templateMost = 16 << 10

// judgeBody tries a template with an example of each type that the patterns name
// and the owner may get.
func (s *Service) judgeBody(o owner, source string, patterns []string, now time.Time) []problem.Field {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	bad := func(detail string) []problem.Field {
		return []problem.Field{{Pointer: "/body_template", Code: "template_invalid", Detail: detail}}
	}
	if len(source) > templateMost {
		return bad("A template has at most 16 KiB.")
	}
	t, err := template.Parse(source)
	if err != nil {
		return bad(sentence(err))
	}
	for _, name := range s.examples(o, patterns) {
		if _, err := s.try(o, t, name, now); err != nil {
			return bad("With an event " + name + ": " + err.Error() + ".")
		}
	}
	return nil
}

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// examples lists types that patterns name; the made-up one when they name none.
func (s *Service) examples(o owner, patterns []string) []string {
	var out []string
	known := s.known(o)
	for name := range s.Catalog.Get().File().Events {
		if slices.ContainsFunc(patterns, func(p string) bool { return event.Like(p, name) }) && known(name) == "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	out = out[:min(len(out), sampled)]
	if len(out) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return strings.HasPrefix(p, catalog.OwnEvents) || event.Like(p, testType) }) {
		out = append(out, testType)
	}
	return out
}

// try makes the body of an example.
func (s *Service) try(o owner, t *template.Template, name string, now time.Time) ([]byte, error) {
	e, err := s.madeUp(TestDraft{Type: name}, o, now)
	if err != nil {
		return nil, err
	}
	e.AccountKey, e.Sequence, e.Source, e.Key, e.Subject = "example", 1, "example", "example-1", "proj/example"
	if t == nil {
		return e.Append(nil), nil
	}
	return rendered(t, e.Append(nil))
}

// judgeTemplate tries the template of an endpoint with what it subscribes to, and
// with more patterns.
func (s *Service) judgeTemplate(tx *store.Tx, e Endpoint, o owner, source string, more []string) ([]problem.Field, error) {
	if source == "" {
		return nil, nil
	}
	if err := s.catalog(); err != nil {
		return nil, err
	}
	subs, err := subscriptions(tx, "s.endpoint = ?", e.ID)
	if err != nil {
		return nil, err
	}
	patterns := slices.Clone(more)
	for _, sub := range subs {
		patterns = append(patterns, sub.Types...)
	}
	return s.judgeBody(o, source, patterns, tx.Now()), nil
}

// fits refuses types of which the endpoint's template makes no body.
func (s *Service) fits(tx *store.Tx, e Endpoint, o owner, types []string) error {
	f, err := s.judgeTemplate(tx, e, o, e.Body, types)
	if err == nil && len(f) > 0 {
		err = problem.Invalid("webhook_template_invalid", "The endpoint's template makes no body of these events.", problem.Field{Pointer: "/types", Code: "template_invalid", Detail: f[0].Detail})
	}
	return err
}

// PreviewDraft is a template to be tried, for an endpoint of an application or of
// a grant: the other id is zero.
type PreviewDraft struct {
	Application application.ID
	Grant       grant.ID
	Template    string
	Types       []string // patterns of what it would get; an example of the first type is made
}

// Preview shows what a template makes of an example; without a template, the
// event itself. Error: Invalid `webhook_template_invalid`.
func (s *Service) Preview(ctx context.Context, by access.Principal, d PreviewDraft) (string, error) {
	if err := s.catalog(); err != nil {
		return "", err
	}
	out := ""
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var o owner
		var err error
		if d.Application.IsZero() {
			o, err = s.ofGrant(tx, by, d.Grant, ActionManage)
		} else {
			o, err = s.ofApplication(tx, by, d.Application, ActionManage)
		}
		if err != nil {
			return err
		}
		if f := s.judgeBody(o, d.Template, d.Types, tx.Now()); len(f) > 0 {
			return problem.Invalid("webhook_template_invalid", "The template makes no body.", f...)
		}
		var t *template.Template
		if strings.TrimSpace(d.Template) != "" {
			if t, err = template.Parse(d.Template); err != nil {
				return problem.Internal("webhook.preview", err) // it was judged
			}
		}
		made, err := s.try(o, t, s.examples(o, d.Types)[0], tx.Now())
		out = string(made)
		return err
	})
	return out, err
}
