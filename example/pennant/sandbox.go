package pennant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/guestright/guestright/client/host"
)

// planSandbox marks the accounts in which developers try things: only those are put back to the beginning, and removed.
const planSandbox = "sandbox"

// tried is what Guestright asks about a sandbox.
type tried struct {
	Name string `json:"name"`
	Seed bool   `json:"seed"`
}

// sandboxTask does one thing with a sandbox, once for each task: one that comes again does nothing, so that it takes away
// nothing that was made after it.
func (s *Server) sandboxTask(do func(sc *scope, t tried) error) host.Handler {
	return func(ctx context.Context, t host.Task) (any, error) {
		var in tried
		if err := json.Unmarshal(t.Data, &in); err != nil {
			return nil, host.Refuse("The task can't be read.")
		}
		err := s.store.write(ctx, t.AccountKey, Actor{Kind: "system", Key: "guestright", Name: "Guestright"}, func(sc *scope) error {
			before, err := sc.answered(t.ID, t.Kind)
			if err != nil || before != nil {
				return err
			}
			if err := do(sc, in); err != nil {
				return err
			}
			_, err = sc.q.ExecContext(ctx, `INSERT INTO hook_request (id, digest, reply, at) VALUES ($1, $2, '{}', $3)`, t.ID, t.Kind, sc.now.UnixMicro())
			if err != nil {
				return fmt.Errorf("pennant: remembering a task: %w", err)
			}
			return nil
		})
		var refused *failure
		if errors.As(err, &refused) {
			return nil, host.Refuse(refused.Detail)
		}
		return nil, err
	}
}

// openSandbox makes the account. One that is there already is left as it is.
func openSandbox(sc *scope, in tried) error {
	switch _, err := sc.sandbox(); {
	case err == nil:
		return nil
	case !isNotFound(err):
		return err
	}
	if err := sc.openAccount(&Account{Key: sc.account, Name: in.Name, Plan: planSandbox}); err != nil || !in.Seed {
		return err
	}
	return sc.fill(trial())
}

// resetSandbox puts projects and what is in them back to the beginning. People and roles stay, and so do the users of
// integrations.
func resetSandbox(sc *scope, in tried) error {
	switch _, err := sc.sandbox(); {
	case isNotFound(err):
		return conflict("account_unknown", "Pennant has no such account.")
	case err != nil:
		return err
	}
	all, _, err := list[Project](sc, place{kind: kindProject}, page{})
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := sc.remove(p); err != nil {
			return err
		}
		if err := sc.record(change{kind: "project.deleted", resource: p.place().path(), before: p}); err != nil {
			return err
		}
	}
	if _, err := sc.q.ExecContext(sc.ctx, `DELETE FROM segment_member WHERE account = $1`, sc.account); err != nil {
		return fmt.Errorf("pennant: emptying segments: %w", err)
	}
	if !in.Seed {
		return nil
	}
	return sc.fill(trial())
}

// closeSandbox removes everything that is known of the account.
func closeSandbox(sc *scope, _ tried) error {
	if _, err := sc.sandbox(); err != nil {
		if isNotFound(err) {
			return nil
		}
		return err
	}
	for _, table := range []string{"resource", "event", "segment_member", "published", "pushed"} {
		if _, err := sc.q.ExecContext(sc.ctx, `DELETE FROM `+table+` WHERE account = $1`, sc.account); err != nil {
			return fmt.Errorf("pennant: removing an account: %w", err)
		}
	}
	return nil
}

// sandbox is the account, if it is one in which developers try things.
func (s *scope) sandbox() (*Account, error) {
	a, err := get[Account](s, place{kind: kindAccount, key: s.account})
	if err == nil && a.Plan != planSandbox {
		return nil, conflict("not_a_sandbox", "This is a customer's account.")
	}
	return a, err
}

// trial is what a sandbox begins with.
func trial() sample {
	const project = "web-shop"
	staff := Segment{Project: project, Environment: "production", Key: "staff", SegmentFields: SegmentFields{
		Name: "Staff", Description: "People who work at the shop",
		Rules: []SegmentRule{{Clauses: []Clause{{Attribute: "email", Op: opEndsWith, Values: []string{"@shop.example"}}}}},
	}}
	readers := Segment{Project: project, Environment: "production", Key: "test-readers", SegmentFields: SegmentFields{
		Name: "Test readers", Included: []string{"reader-1", "reader-2"}, Tags: []string{"trial"},
	}}
	search := Flag{Project: project, Key: "search-ranking", Kind: "text", FlagFields: FlagFields{
		Name: "Search ranking", Description: "How search results are ordered.", Tags: []string{"search"},
		Variations: []Variation{{Name: "By sales", Value: "sales"}, {Name: "By reviews", Value: "reviews"}},
	}}
	return sample{
		projects:     []Project{{Key: project, ProjectFields: ProjectFields{Name: "Web shop", Description: "A shop to try things in.", Tags: []string{"trial"}}}},
		environments: standardEnvironments(project),
		segments:     []Segment{staff, readers},
		flags: []Flag{
			toggle(project, "one-page-checkout", "One-page checkout", "Address, delivery and payment on one page."),
			toggle(project, "gift-wrapping", "Gift wrapping", "Offers wrapping at checkout."),
			toggle(project, "store-pickup", "Pick-up in the shop", "Lets customers collect orders."),
			toggle(project, "night-page", "Night page", "Light text on a dark page."),
			search,
		},
		states: []FlagState{
			{Project: project, Environment: "test", Flag: "one-page-checkout", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
			{Project: project, Environment: "production", Flag: "gift-wrapping", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
			{Project: project, Environment: "production", Flag: "search-ranking", FlagStateFields: FlagStateFields{On: true, Rules: []Rule{
				{Description: "Staff try the order by reviews", Variation: 1, Clauses: []Clause{{Op: opSegment, Values: []string{"staff"}}}},
			}}},
		},
	}
}
