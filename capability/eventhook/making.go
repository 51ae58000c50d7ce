package eventhook

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
	"github.com/guestright/guestright/webhook"
)

// making makes the requests of one hook of a configuration.
type making struct {
	h      *Hook
	in     capability.Instance
	at     int
	hook   manifest.EventHook
	filter Filter   // of changes
	types  []string // beginnings of the types of signals that were chosen; nil: all
	scopes []string // resources that were chosen; nil: all
	driver *driver  // nil: the hook has an address
}

// maker implements webhook.Maker.
func (h *Hook) maker(tx *store.Tx, e webhook.Endpoint) (webhook.Making, error) {
	id, at, err := parseRef(e.Ref())
	if err != nil {
		return nil, err
	}
	in, err := h.Configurations.Instance(tx, id, Name)
	if err != nil {
		return nil, err
	}
	hooks := in.Package.Manifest.EventHooks
	if at < 0 || at >= len(hooks) {
		return nil, problem.Conflict("capability_off", "The package has no such hook any more.")
	}
	m := &making{h: h, in: in, at: at, hook: hooks[at]}
	chosen, err := settings(in)
	if err != nil {
		return nil, err
	}
	policy := chosen.Filter
	if policy == nil {
		policy = m.hook.Policy()
	}
	if m.filter, err = NewFilter(policy); err != nil {
		return nil, err
	}
	m.choose(in)
	switch d, known, named := driverOf(m.hook); {
	case known:
		m.driver, m.in = &d, d.filled(in)
	case named:
		return nil, problem.Conflict("capability_off", h.obstacle(in, m.hook))
	}
	return m, nil
}

// choose reads which signals were chosen: by a field that lists their types, and
// one that lists scopes (launchdarkly/integration-framework, eventsHook).
func (m *making) choose(in capability.Instance) {
	if m.hook.Source != manifest.SourceSignal {
		return
	}
	for _, d := range in.Package.Manifest.Forms.Installation {
		list, _ := in.Given.Config[d.Key].([]string)
		switch d.Type {
		case manifest.TypeScopeSelector:
			m.scopes = append(m.scopes, list...)
		case manifest.TypeMultiselect:
			if slices.ContainsFunc(d.Options, func(o manifest.SelectOption) bool { return m.names(o.Value) }) {
				for _, one := range list {
					m.types = append(m.types, plain(one))
				}
			}
		}
	}
}

// names reports whether a word is a type of the hook's, however it is written, or
// its beginning.
func (m *making) names(word string) bool {
	if m.hook.Templates == nil {
		return false
	}
	for kind := range m.hook.Templates.ByType {
		if strings.HasPrefix(plain(kind), plain(word)) {
			return true
		}
	}
	return false
}

// plain is a word without what differs between spellings: measured-rollout-reverted
// is measuredRolloutReverted.
func plain(word string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, word)
}

// saying is what an event says, read once for all hooks.
type saying struct {
	event    *event.Event
	signal   bool
	change   view.Change
	accesses []Touched
	err      error
}

// said keeps the last one: events are handed out one after another.
type said struct {
	mu   sync.Mutex
	last *saying
}

// signal is the member of an event's data that says that it is no change but
// something that the product has noticed.
const signal = "signal"

// says reads an event.
func (h *Hook) says(ctx context.Context, e *event.Event) *saying {
	h.last.mu.Lock()
	have := h.last.last
	h.last.mu.Unlock()
	if have != nil && have.event == e {
		return have
	}
	out := &saying{event: e}
	out.read(ctx, h)
	h.last.mu.Lock()
	h.last.last = out
	h.last.mu.Unlock()
	return out
}

func (s *saying) read(ctx context.Context, h *Hook) {
	data, err := value.Decode(s.event.Data)
	if err != nil {
		s.err = err
		return
	}
	root, _ := data.(*value.Object)
	if root != nil {
		if noticed, ok := root.Get(signal); ok {
			s.signal = true
			data = value.Of(view.Member, noticed)
		}
	}
	s.change = view.Of(view.Event{ID: s.event.ID.String(), Type: s.event.Type, Account: s.event.AccountKey, Subject: s.event.Subject, Time: s.event.Timestamp, Data: data})
	for _, one := range accesses(root, s.change.Action, s.event.Subject) {
		on, err := access.ParseResource(one[1])
		if err != nil {
			continue
		}
		if on, err = h.Facts.Fill(ctx, s.event.Account, on); err != nil {
			s.err = err
			return
		}
		s.accesses = append(s.accesses, Touched{one[0], on})
	}
}

// accessesMost bounds what one change may have touched.
const accessesMost = 100

// accesses are the actions and resources of a change: what the product lists, or
// its one action on its subject.
func accesses(root *value.Object, action, subject string) [][2]string {
	var out [][2]string
	if root != nil {
		listed, _ := root.Inner(view.Member).Get("accesses")
		if list, ok := listed.(value.List); ok {
			for _, one := range list[:min(len(list), accessesMost)] {
				o, _ := one.(*value.Object)
				if o == nil {
					continue
				}
				a, _ := o.Get("action")
				r, _ := o.Get("resource")
				did, _ := a.(string)
				on, _ := r.(string)
				if did != "" && on != "" {
					out = append(out, [2]string{did, on})
				}
			}
		}
	}
	if len(out) == 0 && subject != "" {
		out = append(out, [2]string{action, subject})
	}
	return out
}

// Wants implements webhook.Making: a change passes when the policy allows one of
// the things that it did; a signal when its type and scope were chosen.
func (m *making) Wants(ctx context.Context, e *event.Event) (bool, error) {
	s := m.h.says(ctx, e)
	if s.err != nil || s.signal != (m.hook.Source == manifest.SourceSignal) {
		return false, s.err
	}
	if s.signal {
		_, there := m.hook.Template(s.change.Action)
		return there && m.chosen(s), nil
	}
	if len(s.accesses) == 0 {
		return false, nil
	}
	if !m.hook.Standard() {
		word := s.change.Kind
		if m.in.Package.Compatible {
			word = m.h.Host().Word(word)
		}
		if _, there := m.hook.Template(word); !there {
			return false, nil
		}
	}
	return m.filter.Passes(s.accesses), nil
}

func (m *making) chosen(s *saying) bool {
	kind := plain(s.change.Action)
	if m.types != nil && !slices.ContainsFunc(m.types, func(begins string) bool { return strings.HasPrefix(kind, begins) }) {
		return false
	}
	return len(m.scopes) == 0 || slices.ContainsFunc(m.scopes, func(scope string) bool {
		return s.event.Subject == scope || strings.HasPrefix(s.event.Subject, scope+":")
	})
}

// Request implements webhook.Making.
func (m *making) Request(e *event.Event, now time.Time) (outbound.Request, bool, error) {
	s := m.h.says(context.Background(), e)
	if s.change.ID == "" && s.err != nil {
		return outbound.Request{}, false, s.err
	}
	g := m.in.Given
	g.ID, g.Time, g.Nonce = e.ID.String(), now, nonce()
	call, says, err := m.in.Package.Set.Hook(m.at, g, m.h.Host(), s.change)
	if err != nil || !says {
		return outbound.Request{}, false, err
	}
	if m.driver != nil {
		req, err := m.driver.request(m.h, m.in, g.ID, call.Body, now)
		return req, err == nil, err
	}
	return capability.Request(call), true, nil
}

// Judge implements webhook.Judging.
func (m *making) Judge(res outbound.Result) outbound.Result {
	if m.driver == nil {
		return res
	}
	return m.driver.judge(res)
}

// Quiet implements webhook.Making.
func (m *making) Quiet() bool { return quiet(m.in.Package.Manifest, m.at) }

// nonce is a random text of 32 characters, for schemes that sign one.
func nonce() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails (crypto/rand)
	return hex.EncodeToString(b)
}
