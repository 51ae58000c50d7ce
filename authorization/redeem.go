package authorization

import (
	"context"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
)

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// settled carries a refusal out of a transaction that must commit all the same:
// what a second use ends stays ended though the answer is an error.
type settled struct{ refusal error }

// Redeem exchanges an authorization code for tokens (RFC 6749 section 4.1.3). A
// second use ends what the first produced. Errors: Invalid `invalid_grant` and
// those of Grant.Live.
func (s *Service) Redeem(ctx context.Context, a Asked, raw secret.Text, r Redemption) (Issued, error) {
	r.Application, r.Confirmation, r.Begun = a.Client.App.ID.String(), a.Confirmation, a.Begun
	var out Issued
	var end settled
	if err := s.ready(ctx, &a); err != nil {
		return out, err
	}
	d := s.Keys.Digest(raw.Reveal())
	s.flights.enter(d, s.DB.Now())
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		out, end = Issued{}, settled{}
		c, err := s.code(tx, raw)
		if err != nil {
			return err
		}
		was := c.State
		r.Answered = s.flights.answered(d, c.Redeemed)
		reused, err := c.redeem(tx.Now(), r)
		if reused {
			end.refusal = err
			if err := saveCode(tx, c, was); err != nil {
				return err
			}
			return s.end(tx, c.Family, "code_reused")
		}
		if err != nil {
			return err
		}
		g, err := s.lively(tx, c.Grant)
		if err != nil {
			return err
		}
		if c.Request == "" {
			if err := s.recovered(tx, a, c, g); err != nil {
				return err
			}
		}
		out, err = s.begin(tx, a, g, Family{User: c.User, Scopes: c.Scopes, Identity: c.Params.Identity, Resources: c.Params.Resources,
			Nonce: c.Params.Nonce, SignedIn: c.SignedIn})
		if err != nil {
			return err
		}
		c.Family = out.Access.Family
		return saveCode(tx, c, was)
	})
	s.flights.leave(d, s.DB.Now(), err == nil && end.refusal == nil)
	if err == nil {
		err = end.refusal
	}
	return out, grantError(err)
}

// grantError says conflicts of parallel attempts in OAuth's words.
func grantError(err error) error {
	if problem.CodeOf(err) == "authorization_changed" || problem.CodeOf(err) == "token_changed" {
		return errCode.Because(err)
	}
	return err
}

func (s *Service) code(tx *store.Tx, raw secret.Text) (Code, error) {
	for _, d := range s.Keys.Digests(raw.Reveal()) {
		c, err := findCode(tx, d)
		if !absent(err) {
			return c, err
		}
	}
	return Code{}, errCode
}

// end ends a family and every token of it, and tells the developers why: somebody
// else may hold what was theirs.
func (s *Service) end(tx *store.Tx, id, reason string) error {
	f, err := findFamily(tx, id)
	if err != nil {
		return err
	}
	return s.endFamily(tx, f, reason)
}

func (s *Service) endFamily(tx *store.Tx, f Family, reason string) error {
	before := f
	if changed, err := s.closeFamily(tx, &f, reason); err != nil || !changed {
		return err
	}
	return s.alarm(tx, before, f, reason)
}

// alarm records a second use and tells the developer group.
func (s *Service) alarm(tx *store.Tx, before, f Family, reason string) error {
	g, err := s.Grants.Load(tx, f.Grant)
	if err != nil {
		return err
	}
	what := "An authorization code was used twice"
	if reason == "refresh_reused" {
		what = "A refresh token was used again"
	}
	text := "Everything that it had led to was ended. Either one of your processes kept an old copy, or somebody else has one: look at where you store tokens. The person has to authorise the application again."
	if f.State == FamilyLive {
		text = "The use was refused; the tokens in use go on, as this platform's operator has set it. Either one of your processes kept an old copy, or somebody else has one: look at where you store tokens."
	}
	if err := s.Notices.Send(tx, notice.Notice{Kind: "authorization.reuse", To: notice.To{Group: g.Group}, Severity: notice.Warning, Subject: what,
		Text: text, Link: "/applications/" + f.Application, Dedupe: f.ID.String() + "/" + reason}); err != nil {
		return err
	}
	by := applicationPrincipal(f.Application)
	return s.Audit.Record(tx, by, audit.Change{Action: "authorization.reuse", Target: "authorization/" + f.ID.String(), Account: f.Account, Group: g.Group,
		Application: f.Application, User: f.User, Before: before, After: f, Reason: reason})
}

// Refresh exchanges a refresh token for its successor and a new access token
// (RFC 6749 section 6, RFC 9700 section 4.14). Errors: Invalid `invalid_grant`,
// `invalid_scope`, and those of Grant.Live.
func (s *Service) Refresh(ctx context.Context, a Asked, raw secret.Text) (Issued, error) {
	var out Issued
	var end settled
	if err := s.ready(ctx, &a); err != nil {
		return out, err
	}
	d := s.Keys.Digest(raw.Reveal())
	s.flights.enter(d, s.DB.Now())
	first := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		out, end, first = Issued{}, settled{}, false
		t, err := s.Tokens.Find(tx, raw.Reveal())
		if absent(err) || err == nil && (t.Kind != token.Refresh || t.Family == "") {
			return errRefresh
		}
		if err != nil {
			return err
		}
		f, err := findFamily(tx, t.Family)
		if err != nil {
			return err
		}
		if err := f.usable(tx.Now(), a.Client.App.ID.String(), a.Confirmation); err != nil {
			return err
		}
		before, used, err := findRotation(tx, t.ID.String())
		if err != nil {
			return err
		}
		if used {
			before.Used = s.flights.answered(d, before.Used)
			out, err = s.refreshAgain(tx, a, f, before, &end)
			return err
		}
		if !t.Usable(tx.Now()) {
			return errRefresh
		}
		out, err = s.rotate(tx, a, f, t)
		first = err == nil
		return err
	})
	s.flights.leave(d, s.DB.Now(), err == nil && first)
	if err == nil {
		err = end.refusal
	}
	return out, grantError(err)
}

func (s *Service) rotate(tx *store.Tx, a Asked, f Family, t token.Token) (Issued, error) {
	g, err := s.lively(tx, f.Grant)
	if err != nil {
		return Issued{}, err
	}
	out, err := s.access(tx, a, g, f)
	if err != nil {
		return out, err
	}
	if err := s.Tokens.Spend(tx, t); err != nil {
		return out, err
	}
	next, err := s.refresh(tx, a, g, f)
	if err != nil {
		return out, err
	}
	out.Refresh = next.Secret
	r := rotation{Token: t.ID.String(), Family: f.ID.String(), Used: tx.Now(), Until: tx.Now().Add(s.Lives.Grace)}
	if s.Lives.Grace > 0 {
		r.Successor = s.Keys.Seal(next.Secret, place(t.ID))
	}
	return out, insertRotation(tx, r)
}

// place binds a sealed successor to the token that it follows.
func place(id token.ID) string { return "authorization.successor/" + id.String() }

// refreshAgain answers a token that was exchanged already: with the same
// successor within the grace time, otherwise with a refusal.
func (s *Service) refreshAgain(tx *store.Tx, a Asked, f Family, r rotation, end *settled) (Issued, error) {
	same, reused := r.again(tx.Now(), a.Begun)
	switch {
	case reused && s.Lives.ForgiveReuse:
		end.refusal = errRefresh
		return Issued{}, s.alarm(tx, f, f, "refresh_reused")
	case reused:
		end.refusal = errRefresh
		return Issued{}, s.endFamily(tx, f, "refresh_reused")
	case !same:
		return Issued{}, errRefresh
	}
	g, err := s.lively(tx, f.Grant)
	if err != nil {
		return Issued{}, err
	}
	out, err := s.access(tx, a, g, f)
	if err != nil {
		return out, err
	}
	out.Refresh, err = s.Keys.Open(r.Successor, "authorization.successor/"+r.Token)
	return out, err
}
