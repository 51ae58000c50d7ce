package approval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// The tasks of the product: to carry a change out, and to hear how one stands that
// is not to be carried out.
const (
	applyKind = "approval.apply"
	tellKind  = "approval."
)

// sayWithin is how long it is of use to hear how an approval stands.
const sayWithin = 24 * time.Hour

// asked is what the product gets.
type asked struct {
	Approval     string          `json:"approval"`
	State        State           `json:"state"`
	Instructions json.RawMessage `json:"instructions"`
	Requester    Requester       `json:"requester"`
	Description  string          `json:"description,omitempty"`
	Integration  string          `json:"integration"`
	Status       string          `json:"status,omitempty"`
	Link         string          `json:"link,omitempty"`
	Fault        string          `json:"fault,omitempty"`
	At           time.Time       `json:"at"`
}

func (a *Approval) asked(now time.Time) (json.RawMessage, error) {
	return json.Marshal(asked{Approval: a.ID.String(), State: a.State, Instructions: a.instructions, Requester: a.Requester, Description: a.Description, Integration: a.Integration,
		Status: a.Status, Link: a.Link, Fault: a.Fault, At: now})
}

// apply has the product carry the change out, after whatever else it is asked to do
// to the resource.
func (s *Service) apply(tx *store.Tx, a *Approval, in capability.Instance) error {
	data, err := a.asked(tx.Now())
	if err != nil {
		return err
	}
	t, err := s.Host.Ask(tx, host.Draft{Kind: applyKind, Account: a.Account, Subject: a.Subject, Data: data, Reference: "approval/" + a.ID.String(), Key: keyOf(a.Subject)})
	a.task = t.ID.String()
	return err
}

// say has the product hear how an approval stands: declined, not_sent, lost,
// withdrawn. A product that does not listen to that is held up by nothing.
func (s *Service) say(tx *store.Tx, a *Approval, what string) error {
	data, err := a.asked(tx.Now())
	if err != nil {
		return err
	}
	_, err = s.Host.Ask(tx, host.Draft{Kind: tellKind + what, Account: a.Account, Subject: a.Subject, Data: data, Reference: "approval/" + a.ID.String(), Key: a.ID.String(),
		Expires: tx.Now().Add(sayWithin)})
	return err
}

// keyOf is the key of the tasks about a resource: whatever asks, they come in order.
func keyOf(subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return "subject-" + hex.EncodeToString(sum[:16])
}

// carriedOut hears whether the product has carried a change out.
func (s *Service) carriedOut(tx *store.Tx, t host.Task) error {
	raw, ours := strings.CutPrefix(t.Reference, "approval/")
	id, err := ident.Parse[Approval](raw)
	if !ours || err != nil {
		return nil
	}
	a, err := s.lock(tx, id)
	if problem.CodeOf(err) == "not_found" {
		return nil
	}
	if err != nil || a.task != t.ID.String() || a.State != Approved && a.State != Failed {
		return err
	}
	by := access.System("the product said what became of it")
	if t.State == host.Failed {
		a.State, a.Fault = Failed, t.Fault
		if a.Fault == "" {
			a.Fault = "The product did not do it."
		}
		if err := s.warn(tx, &a, "failed", "An approved change was not carried out"); err != nil {
			return err
		}
		if err := s.record(tx, by, &a, "fail"); err != nil {
			return err
		}
		return s.save(tx, &a)
	}
	a.Fault, a.Failures = "", 0
	a.close(tx.Now(), Applied)
	if err := s.tell(tx, &a, callApplied); err != nil {
		return err
	}
	if err := s.record(tx, by, &a, "apply"); err != nil {
		return err
	}
	return s.save(tx, &a)
}
