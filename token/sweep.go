package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Watch goes once through all static tokens: it warns of disuse, disables,
// expires what stayed disabled, and reminds of rotation. What one person hears at
// once is one notice, however many tokens it is about.
func (s *Service) Watch(ctx context.Context) error {
	var accounts []string
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := accountsWithTokens(tx)
		accounts = got
		return err
	})
	if err != nil {
		return err
	}
	var failed error
	for part := range slices.Chunk(accounts, watchedAtOnce) {
		var due []string
		err := s.DB.Read(ctx, func(tx *store.Tx) error {
			got, err := s.due(tx, part)
			due = got
			return err
		})
		failed = errors.Join(failed, err)
		for _, id := range due {
			err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.watch(tx, id) })
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// watchedAtOnce is how many accounts are looked through in one transaction.
const watchedAtOnce = 500

// due gives those of the accounts of whose tokens something is to be done or said.
// Nearly none is, so they are found by reading, while others write.
func (s *Service) due(tx *store.Tx, accounts []string) ([]string, error) {
	tokens, err := standing(tx, accounts...)
	if err != nil {
		return nil, err
	}
	policies, err := policiesOf(tx, accounts)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, list := range tokens {
		for _, t := range list {
			all = append(all, t.ID.String())
		}
	}
	last, err := s.Usage.LastUses(tx, Subject, all)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(id string) bool {
		return !slices.ContainsFunc(tokens[id], func(t Token) bool {
			_, old, fate := policies[id].judge(t, tx.Now(), last[t.ID.String()].At)
			return fate != Spared || old
		})
	}), nil
}

// judge ages a token by the policy and says what came of that, and whether a
// reminder of rotation is due.
func (p Policy) judge(t Token, now, last time.Time) (_ Token, old bool, _ Fate) {
	terms := p.terms(t)
	fate := t.Age(now, last, terms.idle)
	old = fate == Spared && t.remind(now, terms.rotate)
	return t, old, fate
}

// news is what one recipient hears.
type news struct {
	warned, disabled, aged []string
	link                   string // of the only token, "" when there are several
	urgent                 bool
}

func (s *Service) watch(tx *store.Tx, accountID string) error {
	p, err := policyOf(tx, accountID)
	if err != nil {
		return err
	}
	all, err := s.held(tx, accountID)
	if err != nil {
		return err
	}
	told := map[notice.To]*news{}
	var order []notice.To
	for _, h := range all {
		line, err := s.age(tx, &h, p)
		if err != nil {
			return err
		}
		if line.text == "" {
			continue
		}
		for _, to := range h.holder.To {
			n := told[to]
			if n == nil {
				n = &news{link: h.holder.Link}
				told[to] = n
				order = append(order, to)
			} else if n.link != h.holder.Link {
				n.link = ""
			}
			n.add(line)
		}
	}
	if len(order) == 0 {
		return nil
	}
	a, err := (&account.Service{}).Load(tx, accountID)
	if err != nil {
		return err
	}
	for _, to := range order {
		for _, n := range told[to].notices(a, to) {
			if err := s.Notices.Send(tx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// line is what is said about one token.
type line struct {
	about  Fate // aged for a reminder of rotation
	text   string
	urgent bool
}

const aged Fate = "aged"

// age applies the rules to one token and saves what they found.
func (s *Service) age(tx *store.Tx, h *held, p Policy) (line, error) {
	now := tx.Now()
	t, old, fate := p.judge(h.token, now, h.last.At)
	if fate == Spared && !old {
		return line{}, nil
	}
	if err := save(tx, t, h.token); err != nil {
		return line{}, err
	}
	name := fmt.Sprintf("%s (…%s)", h.holder.Name, t.Hint)
	switch {
	case old:
		return line{aged, fmt.Sprintf("%s is %d days old.", name, int(now.Sub(t.Created)/day)), false}, nil
	case fate == Warned:
		return line{fate, fmt.Sprintf("%s will be disabled on %s. %s", name, on(t.Deadline), used(h.last.At)), t.Warned == 1}, nil
	case fate == Used:
		return line{}, nil
	}
	tx.Changed(Topic, t.Digest.String())
	action := "token.disable"
	if fate == Forsaken {
		action = "token.expire_unused"
	}
	if err := s.Audit.Record(tx, access.System("idle expiry"), recorded(entry{action: action, after: t}, h.token, h.grant)); err != nil {
		return line{}, err
	}
	if fate == Forsaken {
		return line{}, nil
	}
	return line{fate, fmt.Sprintf("%s was disabled. %s It can be restored until %s.", name, used(h.last.At), on(t.Disabled.Add(Restorable))), true}, nil
}

func on(t time.Time) string { return t.UTC().Format("2 January 2006 15:04") + " UTC" }

func used(last time.Time) string {
	if last.IsZero() {
		return "It was never used."
	}
	return "It was last used on " + on(last) + "."
}

func (n *news) add(l line) {
	n.urgent = n.urgent || l.urgent
	switch l.about {
	case Warned:
		n.warned = append(n.warned, l.text)
	case Idle:
		n.disabled = append(n.disabled, l.text)
	case aged:
		n.aged = append(n.aged, l.text)
	}
}

// notices puts the news into at most one notice of each kind.
func (n *news) notices(a account.Account, to notice.To) []notice.Notice {
	link := n.link
	if link == "" && to.User != "" {
		link = "/accounts/" + a.ID.String() + "/tokens"
	} else if link == "" {
		link = "/accounts/" + a.ID.String() + "/credentials"
	}
	var out []notice.Notice
	say := func(kind string, lines []string, one, many, advice string) *notice.Notice {
		if len(lines) == 0 {
			return &notice.Notice{}
		}
		subject := fmt.Sprintf(many, len(lines), a.Name)
		if len(lines) == 1 {
			subject = fmt.Sprintf(one, a.Name)
		}
		out = append(out, notice.Notice{Kind: kind, To: to, Link: link, Severity: notice.Warning, Subject: subject, Text: strings.Join(lines, "\n\n") + "\n\n" + advice})
		return &out[len(out)-1]
	}
	if w := say("token.unused", n.warned, "A token of %s is about to be disabled: nobody uses it", "%d tokens of %s are about to be disabled: nobody uses them",
		"If one is still needed, use it, or keep it on its page. Otherwise nothing needs to be done."); n.urgent {
		w.Severity = notice.Critical
	}
	say("token.disabled", n.disabled, "A token of %s was disabled: nobody used it", "%d tokens of %s were disabled: nobody used them",
		"Calls with them are refused. An administrator, or the token's owner, can restore them for 30 days (POST /v1/tokens/{token}/restore).").Severity = notice.Critical
	say("token.rotation_due", n.aged, "A token of %s should be rotated", "%d tokens of %s should be rotated",
		"Rotate with overlap: the old token works on until every user of it has the new one.")
	return out
}

// Restore brings back a token that was disabled for disuse. Errors: Conflict
// `token_not_disabled`, `token_not_active`.
func (s *Service) Restore(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:restore"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.restore"}, t.Restore(tx.Now())
	})
}

// Keep puts the idle expiry of a token off, as if it were used now. Errors:
// Conflict `token_not_active`.
func (s *Service) Keep(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:restore"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.keep"}, t.Keep(tx.Now())
	})
}

// SetTerms gives the live tokens of a grant terms of their own; 0: as the
// account's policy says. It joins, and does not authorise.
func (s *Service) SetTerms(tx *store.Tx, grantID string, idle, rotate time.Duration) error {
	tokens, err := live(tx, "grant_id = ? AND kind = 'static'", grantID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		before := t
		t.Idle, t.Rotate = SpanOf(idle), SpanOf(rotate)
		if err := save(tx, t, before); err != nil {
			return err
		}
	}
	return nil
}
