package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

func (c *Console) tokenLifeRoutes() []route {
	if c.Tokens == nil || c.Private == nil {
		return nil
	}
	var out []route
	for _, name := range tokenSteps {
		serve := c.page
		if name == stepRotate || name == stepRotateNow { // they show a secret
			serve = c.sure
		}
		out = append(out,
			route{"GET /tokens/{token}/" + name, serve(func(v *visit) error { return askToken(v, name, answered{}) })},
			route{"POST /tokens/{token}/" + name, serve(func(v *visit) error { return stepToken(v, name) })})
	}
	return out
}

// What is done to a token in its life; each has its own question and its own address.
const (
	stepRotate      = "rotate"
	stepRotateNow   = "rotate-now"
	stepCancel      = "cancel-rotation"
	stepExtend      = "extend"
	stepExpire      = "expire"
	stepBrownOut    = "brown-out"
	stepEndBrownOut = "end-brown-out"
	stepRestore     = "restore"
	stepKeep        = "keep"
)

var tokenSteps = []string{stepRotate, stepRotateNow, stepCancel, stepExtend, stepExpire, stepBrownOut, stepEndBrownOut, stepRestore, stepKeep}

func tokenStepPath(id token.ID, step string) string { return "/tokens/" + id.String() + "/" + step }

// tokenHolder is what a static token belongs to, as the pages about its life need it.
type tokenHolder struct {
	Name    string
	Path    string // its page
	Prefix  secret.Prefix
	Manages bool
	Asleep  string // why no token of it works now; empty: they do
	show    func(sheet) error
	issued  func(t token.Issued, title, note string) error
}

// life is one token with what the questions about it need.
type life struct {
	token.Generation
	holder    tokenHolder
	successor token.Generation // zero: none
	impact    token.Impact
}

// shown is how a page names a token, of which only the end is known.
func (h tokenHolder) shown(t token.Token) string { return string(h.Prefix) + "…" + t.Hint }

// answered is what somebody typed into a question.
type answered struct {
	Days, Reason string
	Faults       faults
}

func (v *visit) lifeOf() (life, error) {
	id, err := ident.Parse[token.Token](v.r.PathValue("token"))
	if err != nil {
		return life{}, err
	}
	l := life{}
	if l.Generation, err = v.Tokens.Get(v.ctx(), v.by, id); err != nil {
		return l, err
	}
	if l.Kind != token.Static {
		return l, problem.NotFound("token")
	}
	if l.holder, err = v.holderOf(l.Grant); err != nil {
		return l, err
	}
	if !l.holder.Manages {
		return l, problem.Forbidden("forbidden", "Your role does not include this.")
	}
	if l.Successor != "" {
		next, err := ident.Parse[token.Token](l.Successor)
		if err != nil {
			return l, err
		}
		if l.successor, err = v.Tokens.Get(v.ctx(), v.by, next); err != nil {
			return l, err
		}
	}
	l.impact, err = v.Tokens.Impact(v.ctx(), v.by, id)
	return l, err
}

// holderOf finds what has a grant: a private integration, or a personal or service token.
func (v *visit) holderOf(grantID string) (tokenHolder, error) {
	l, err := v.Private.OfGrant(v.ctx(), v.by, grantID)
	if problem.CodeOf(err) == "not_found" && v.APITokens != nil {
		t, err := v.APITokens.OfGrant(v.ctx(), v.by, grantID)
		if err != nil {
			return tokenHolder{}, err
		}
		return v.apiHolder(t)
	}
	if err != nil {
		return tokenHolder{}, err
	}
	return v.privateHolder(l), nil
}

// generations are the tokens of a grant, the newest first.
func (v *visit) generations(grantID string) ([]token.Generation, error) {
	id, err := ident.Parse[grant.Grant](grantID)
	if err != nil {
		return nil, err
	}
	return v.Tokens.List(v.ctx(), v.by, id, token.Query{Limit: 50, Kind: token.Static})
}

// askToken shows the question before a step.
func askToken(v *visit, step string, e answered) error {
	l, err := v.lifeOf()
	if err != nil {
		return err
	}
	c := l.question(v, step)
	c.Action, c.Cancel = tokenStepPath(l.ID, step), l.holder.Path
	c.Token = v.token(c.Action)
	return l.holder.show(sheet{title: stepTitle(step), status: e.Faults.status(), trail: []page.Link{{Text: stepTitle(step)}}, body: tokenQuestion(v, l, step, c, e)})
}

// stepToken does it.
func stepToken(v *visit, step string) error {
	l, err := v.lifeOf()
	if err != nil {
		return err
	}
	e := answered{Days: v.field("days"), Reason: v.field("reason")}
	words, err := v.step(l, step, e)
	if err == nil {
		if words == "" {
			return nil // the new token is shown
		}
		return v.leave(l.holder.Path, words)
	}
	if f, ok := faultsOf(err, "/reason", "/overlap_seconds", "/until"); ok {
		f.fields = append(f.fields, fieldsAt(f, "/days", "/overlap_seconds", "/until")...)
		e.Faults = f
		return askToken(v, step, e)
	}
	return err
}

// fieldsAt repeats findings about parts of a request at the field in which people answered them.
func fieldsAt(f faults, to string, from ...string) []problem.Field {
	for _, p := range from {
		if detail := f.at(p); detail != "" {
			return fieldFault(to, detail)
		}
	}
	return nil
}

func (v *visit) step(l life, step string, e answered) (string, error) {
	ctx, day := v.ctx(), 24*time.Hour
	old := l.holder.shown(l.Token)
	switch step {
	case stepRotate, stepRotateNow:
		r := token.Rotation{Reason: e.Reason}
		note := "The old token " + old + " is refused from now on."
		if step == stepRotate {
			days, err := strconv.Atoi(e.Days)
			if err != nil || days < 1 || days > int(token.MostOverlap/day) {
				return "", problem.Invalid("token_overlap_invalid", "The old token cannot live on for that long.",
					problem.Field{Pointer: "/overlap_seconds", Code: "out_of_range", Detail: "A number of days from 1 to 90. To end the old token at once, rotate now."})
			}
			r.Grace = time.Duration(days) * day
			note = "The old token " + old + " works until " + exactly(l.ends(v.now.Add(r.Grace))) + ", unless you end it sooner or cancel the rotation."
		}
		t, err := v.Tokens.Rotate(ctx, v.by, l.ID, r)
		if err != nil {
			return "", err
		}
		return "", l.holder.issued(t, "The new token", note)
	case stepCancel:
		_, err := v.Tokens.CancelRotation(ctx, v.by, l.ID)
		return "The rotation is cancelled. " + old + " works as before; " + l.holder.shown(l.successor.Token) + " is refused.", err
	case stepExtend:
		days, err := strconv.Atoi(e.Days)
		if err != nil || days < 1 || days > int(token.MostOverlap/day) {
			return "", problem.Invalid("token_overlap_invalid", "The old token cannot live on for that long.",
				problem.Field{Pointer: "/until", Code: "out_of_range", Detail: "A number of days from 1 on."})
		}
		t, err := v.Tokens.Extend(ctx, v.by, l.ID, l.Expires.Add(time.Duration(days)*day))
		return "The overlap is longer: " + old + " works until " + exactly(t.Expires) + ".", err
	case stepExpire:
		_, err := v.Tokens.Expire(ctx, v.by, l.ID)
		return "The overlap is over. " + old + " is refused from now on.", err
	case stepBrownOut:
		t, err := v.Tokens.BrownOut(ctx, v.by, l.ID)
		return old + " fails until " + t.BrownUntil.UTC().Format("15:04:05 UTC") + ". Look who complains; then it works again by itself.", err
	case stepEndBrownOut:
		_, err := v.Tokens.EndBrownOut(ctx, v.by, l.ID)
		return old + " works again.", err
	case stepRestore:
		_, err := v.Tokens.Restore(ctx, v.by, l.ID)
		return old + " works again. Its time without use counts anew from now on.", err
	default:
		_, err := v.Tokens.Keep(ctx, v.by, l.ID)
		return old + " is kept. Its time without use counts anew from now on.", err
	}
}

// ends is when an overlap that would end at the given time does: a token does not outlive the end that
// it has of its own.
func (l life) ends(at time.Time) time.Time {
	if !l.Expires.IsZero() && l.Expires.Before(at) {
		return l.Expires
	}
	return at
}

// lastExtension is the latest end that the overlap can get.
func (l life) lastExtension() time.Time {
	at := l.Retired.Add(token.MostOverlap)
	if !l.Earlier.IsZero() && l.Earlier.Before(at) {
		return l.Earlier
	}
	return at
}

func exactly(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

// tokenHistory is what happened to a holder and to its tokens, the newest first.
func (v *visit) tokenHistory(f audit.Filter, tokens []token.Generation) (page.Timeline, error) {
	const most, of = 12, 6 // lines, and tokens that are asked about
	log, err := v.Audit.List(v.ctx(), v.by, f, 0)
	if err != nil {
		return page.Timeline{}, err
	}
	all := log.Entries
	for i, t := range tokens {
		if i == of {
			break
		}
		f.Target = "token/" + t.ID.String()
		more, err := v.Audit.List(v.ctx(), v.by, f, 0)
		if err != nil {
			return page.Timeline{}, err
		}
		all = append(all, more.Entries...)
	}
	slices.SortStableFunc(all, func(a, b audit.Entry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID.String(), a.ID.String()))
	})
	return v.timeline(all[:min(len(all), most)]), nil
}
