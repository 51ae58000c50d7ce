package approval_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// An administrator adds fields to the request, where the package allows it.
func TestFieldsOfAnAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.custom()
		set := func(text string) error {
			_, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{approval.Name: {Settings: json.RawMessage(text)}}})
			return err
		}
		for _, bad := range []string{`[]`, `{"more":1}`, `{"fields":[{"key":"","label":"A","type":"string","help":""}]}`, `{"fields":[{"key":"a","label":"","type":"string","help":""}]}`,
			`{"fields":[{"key":"a","label":"A","type":"oauth","help":""}]}`, `{"fields":[{"key":"a","label":"A","type":"enum","help":""}]}`} {
			if err := set(bad); problem.CodeOf(err) != "configuration_invalid" || !strings.HasPrefix(problem.Of(err).Fields[0].Pointer, "/capabilities/changeApproval/settings") {
				h.T.Errorf("%s: %v", bad, err)
			}
		}
		if err := set(`{"fields":[{"key":"risk","label":"Risk","type":"enum","help":"How bad","choices":["low","high"]}]}`); err != nil {
			h.T.Fatal(err)
		}
		offers, err := h.Approvals.Deciders(h.T.Context(), h.product, "harbour", flag)
		if err != nil || len(offers) != 1 || len(offers[0].Fields) != 1 || offers[0].Fields[0].Key != "risk" {
			h.T.Fatalf("%+v %v", offers, err)
		}
		for _, bad := range []map[string]any{nil, {"risk": "none"}, {"risk": "low", "more": "x"}} {
			_, err := h.Approvals.Ask(h.T.Context(), h.product, "harbour", draft(approval.Draft{Fields: bad}))
			if p := problem.Of(err); p.Code != "approval_invalid" || !strings.HasPrefix(p.Fields[0].Pointer, "/fields/") {
				h.T.Errorf("%v: %v", bad, err)
			}
		}
		h.ask(approval.Draft{Fields: map[string]any{"risk": "high"}})
		if r := h.next(opens); !strings.Contains(string(r.Body), `"risk": "high"`) {
			h.T.Errorf("%s", r.Body)
		}
		if offers, err = h.Approvals.Deciders(h.T.Context(), h.product, "harbour", "member/x"); err != nil || len(offers) != 0 {
			h.T.Errorf("%+v %v", offers, err)
		}
	})
}

// A node that dies between sending and noting has perhaps been heard: nobody sends
// again without being told to.
func TestANodeThatDiesWhileItSends(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		h.replies0(opens, failures["500"])
		a := h.ask(approval.Draft{})
		h.until(a, approval.NotSent)
		h.next(opens)
		err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error { // as it was in that moment
			_, err := tx.ExecContext(tx.Ctx, "UPDATE approval_call SET failure = 'unfinished', status = 0 WHERE approval = ?", a.ID)
			return err
		})
		if err != nil {
			h.T.Fatal(err)
		}
		h.says(opens, 201, pending)
		if _, err := h.Approvals.Resend(h.T.Context(), h.Admin, a.ID); err != nil {
			h.T.Fatal(err)
		}
		h.Until("it is noticed", func() bool {
			now := h.get(a)
			return now.State == approval.NotSent && strings.Contains(now.Fault, "stopped while it was sending")
		})
		for len(h.Got) > 0 {
			if r := <-h.Got; r.Method+" "+r.URI == opens {
				h.T.Error("it was sent again")
			}
		}
		if _, err := h.Approvals.Resend(h.T.Context(), h.Admin, a.ID); err != nil {
			h.T.Fatal(err)
		}
		h.until(a, approval.Pending)
	})
}
