package membership

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/members"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/token"
)

// Service holds the operations on memberships.
type Service struct {
	DB             *store.DB
	Audit          *audit.Log
	Accounts       *account.Service
	Integrations   *integration.Service
	Configurations *configuration.Service
	Host           *host.Service
	Catalog        *catalog.Current
	Facts          *account.Facts
	Bearers        *token.Authenticator
	Base           string // public address of this service

	heard   []func(*store.Tx, string) error
	mu      sync.Mutex
	running map[string]int // calls by account
	calls   int
}

// Changed has f hear of accounts in which a cohort changes or ends, in the
// transaction that does it. Call it while the program starts.
func (s *Service) Changed(f func(tx *store.Tx, account string) error) { s.heard = append(s.heard, f) }

func (s *Service) tell(tx *store.Tx, account string) error {
	for _, f := range s.heard {
		if err := f(tx, account); err != nil {
			return err
		}
	}
	return nil
}

const (
	callsMost   = 32 // at one time, on one node
	accountMost = 8  // of one account
)

// enter admits a call of an account. Error: Limited `membership_limit`.
func (s *Service) enter(account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls >= callsMost || s.running[account] >= accountMost {
		return problem.Limited("membership_limit", "Too many batches are being read at this time. Send this one again.", busyAfter)
	}
	if s.running == nil {
		s.running = map[string]int{}
	}
	s.calls++
	s.running[account]++
	return nil
}

func (s *Service) leave(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls--
	if s.running[account]--; s.running[account] == 0 {
		delete(s.running, account)
	}
}

// Batch is what a partner posts.
type Batch struct {
	Integration string // key of its package
	Header      http.Header
	Client      netip.Addr
	Body        io.Reader // bounded by whoever gives it
}

// Outcome is the answer to a batch. Body is nil where the package has none.
type Outcome struct {
	Status int
	Body   []byte
	After  time.Duration // when to send the batch again, at the earliest
}

// Receive applies a batch. What is wrong comes as an Outcome where the package has a
// body for it, else as an error: Unauthenticated; NotFound; Invalid
// `membership_unreadable`; Forbidden; Conflict `membership_busy`, `membership_kind`;
// Limited `membership_limit`. status tells the status of an error.
func (s *Service) Receive(ctx context.Context, b Batch, status func(error) int) (Outcome, error) {
	bearer, err := s.identify(ctx, b.Header, b.Client)
	if err != nil {
		return Outcome{}, err
	}
	account := bearer.Holding.Account
	all, err := s.working(ctx, bearer, b.Integration)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.enter(account); err != nil {
		return Outcome{}, err
	}
	defer s.leave(account)
	body, err := spooled(b.Body)
	if err != nil {
		return Outcome{}, err
	}
	c := &call{s: s, ctx: ctx, id: ident.New[callID](s.DB.Now()).String(), bearer: bearer, in: all[0], open: map[string]*writing{}}
	err = errors.Join(c.read(body, all), body.Close())
	if err != nil {
		ctx := context.WithoutCancel(ctx) // the caller may be gone, and others wait
		err = errors.Join(problem.Of(err), c.release(ctx), s.DB.Batch(ctx, func(tx *store.Tx) error {
			return count(tx, c.in.Configuration, status(err), problem.Of(err).Detail)
		}))
	}
	return c.answer(err, status)
}

// callID names a call.
type callID struct{}

// IDPrefix implements ident.Named.
func (callID) IDPrefix() string { return "mbc" }

// working lists the configurations of an account through which a partner may post.
func (s *Service) working(ctx context.Context, b token.Bearer, key string) ([]capability.Instance, error) {
	var out []capability.Instance
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		all, err := s.Configurations.Working(tx, b.Holding.Account, Name)
		for _, in := range all {
			if m := in.Package.Manifest.MembershipSync; in.Package.Key == key && m != nil && m.Parser != nil {
				out = append(out, in)
			}
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = problem.NotFound("integration that keeps memberships")
	}
	return out, err
}

// read goes through a batch and puts it in force.
func (c *call) read(body io.ReadSeeker, all []capability.Instance) error {
	doc, err := members.Open(body, *c.in.Package.Manifest.MembershipSync.Parser)
	c.doc = doc
	if err != nil {
		return said(err)
	}
	found := false
	for _, in := range all {
		if t, ok := target(in, doc.Scope); ok {
			c.in, found = in, true
			if c.place, err = access.ParseResource(t.Resource); err != nil {
				return err
			}
			break
		}
	}
	if !found {
		return unreadable("No target of this integration has the scope that the batch names. An administrator of the account chooses targets.")
	}
	kind, ok := c.s.kind(c.in.Package.Manifest.MembershipSync, c.place)
	if !ok {
		return unreadable("The catalog has nothing in this target that could be filled any more.")
	}
	if h := c.bearer.Holding; h.Application != "" && h.Application != c.in.Application {
		return problem.Forbidden("permission_denied", "The token is another application's.")
	}
	c.kind = kind
	if err := doc.Each(c.member); err != nil {
		return said(err)
	}
	if len(c.order) == 0 { // nobody joined or left, and the cohort is there all the same
		if _, err := c.cohort(doc.Collection); err != nil {
			return err
		}
	}
	if err := c.flush(); err != nil {
		return err
	}
	return c.apply()
}

// said is an error of the parser in the house's form.
func said(err error) error {
	if e, ok := errors.AsType[*members.Error](err); ok {
		detail := "The batch cannot be read: " + e.Error() + "."
		f := problem.Field{Pointer: e.At, Code: "membership_unreadable", Detail: e.Reason}
		return problem.Invalid("membership_unreadable", detail, f)
	}
	return err
}

// answer is what the partner gets.
func (c *call) answer(fault error, status func(error) int) (Outcome, error) {
	out := Outcome{Status: http.StatusNoContent}
	a := request.Answered{Status: http.StatusOK}
	if c.in.Package.Manifest.MembershipSync.Response.Present() {
		out.Status = http.StatusOK
	}
	if fault != nil {
		p := problem.Of(fault)
		out.Status = status(fault)
		a.Fault, out.After = p.Detail, p.After
	}
	a.Status = out.Status
	if c.doc != nil {
		a.Body, a.ID, a.Name, a.URL = c.doc.Body, c.doc.Collection.ID, c.doc.Collection.Name, c.doc.URL
	}
	if cat := c.s.Catalog.Get(); cat != nil && !c.place.IsZero() {
		a.Key = keyOf(c.in.Package.Key, a.ID)
		for _, step := range cat.Steps(c.place) {
			a.Steps = append(a.Steps, [2]string{step.Word, step.Name})
		}
	}
	given := c.in.Given
	given.Time = c.s.DB.Now()
	body, there, err := c.in.Package.Set.Answer(given, a)
	if err != nil || !there { // the batch is applied; an answer that cannot be made is the package's fault
		if out.Status == http.StatusOK {
			out.Status = http.StatusNoContent
		}
		return out, fault
	}
	out.Body = body
	return out, nil
}
