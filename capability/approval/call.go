package approval

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/request"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// The calls of a package that carry a decision.
const (
	callOpen      = "open"
	callStatus    = "status"
	callApplied   = "applied"
	callWithdrawn = "withdrawn"
)

// asking is what calls about an approval are made of.
type asking struct {
	in capability.Instance
	a  Approval
}

// asking loads it.
func (s *Service) asking(tx *store.Tx, a Approval) (asking, error) {
	in, err := s.instance(tx, a.Configuration, a.Subject)
	if err != nil {
		return asking{}, err
	}
	set, _ := read(in)
	form := append(append(manifest.Form{}, in.Package.Manifest.ChangeApproval.Forms.Request...), set.Fields...)
	in.Given.Request, err = unpack(form, a.fields)
	return asking{in, a}, err
}

// proposal is the approval as templates see it.
func (q asking) proposal() (request.Approval, error) {
	said, err := value.Decode(q.a.change)
	if err != nil {
		return request.Approval{}, err
	}
	c := view.Of(view.Event{ID: q.a.ID.String(), Account: q.a.Account, Subject: q.a.Subject, Time: q.a.Created, Data: value.Of(view.Member, said)})
	p := request.Approval{ID: q.a.ID.String(), External: q.a.External, Description: q.a.Description, Change: c, Requester: q.a.requester, Page: q.a.Page, History: q.a.history}
	if !q.a.opened.IsZero() {
		p.Opened, err = value.Decode([]byte(q.a.opened.Reveal()))
	}
	return p, err
}

// parser is how answers to a call are read; nil when nobody says.
func (q asking) parser(name string) *manifest.DecisionParser {
	for _, one := range q.in.Package.Manifest.ChangeApproval.Calls.Deciding() {
		if one.Name == name {
			return one.Call.Parser
		}
	}
	return nil
}

// made is a call that is ready to be sent.
type made struct {
	Call
	req outbound.Request
}

// make makes a call; false when the package has none of that name.
func (s *Service) make(q asking, name string) (made, bool, error) {
	p, err := q.proposal()
	if err != nil {
		return made{}, false, err
	}
	now := s.DB.Now()
	out := made{Call: Call{ID: ident.New[Call](now), Name: name, At: now, Failure: unfinished}}
	g := q.in.Given
	g.ID, g.Time, g.Nonce = out.ID.String(), now, rand.Text()
	call, there, err := q.in.Package.Set.ApprovalCall(name, g, capability.ViewHost(s.Catalog.Get()), p)
	if err != nil || !there {
		return made{}, false, err
	}
	out.Method, out.Host = call.Method, capability.Host(call.URL)
	out.req = capability.Request(call)
	out.req.Timeout = callWithin
	return out, true, nil
}

// send makes a call that is on record already, and writes down how it came out.
func (s *Service) send(ctx context.Context, m made) (outbound.Result, error) {
	r := s.Client.Do(ctx, m.req)
	m.Status, m.Failure = r.Status, string(r.Failure)
	if r.Failure == "" && r.Truncated {
		m.Failure = errCut.Error()
	}
	// Whoever waits may have gone away; what was sent is known all the same.
	return r, s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return updateCall(tx, m.Call) })
}

// unmade says for people why a call could not be made, and whether that may pass.
func unmade(err error) (string, bool) {
	if broken, is := errors.AsType[*request.Error](err); is {
		return "The package's template makes nothing valid of this request (at " + broken.At + ").", false
	}
	if p, is := errors.AsType[*problem.Error](err); is && p.Kind == problem.KindConflict {
		return p.Detail, true
	}
	return "", true
}

// later is a job's error after which it is tried again, at the earliest when the
// partner wants it.
func later(cause error, wait time.Duration) error {
	p := problem.Internal("approval.partner", cause)
	p.After = wait
	return p
}
