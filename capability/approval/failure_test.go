package approval_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/host"
)

// failures are ways in which an answer says nothing, whatever its words.
var failures = map[string]func(http.ResponseWriter){
	"400":           reply(400, `{"_id":"ext-1","status":{"value":"approved"}}`),
	"401":           reply(401, `{"status":{"value":"approved"}}`),
	"403":           reply(403, `{"status":{"value":"approved"}}`),
	"429":           reply(429, `{"status":{"value":"approved"}}`),
	"500":           reply(500, `{"_id":"ext-1","status":{"value":"approved"}}`),
	"bad JSON":      reply(200, `{"status":{"value":"approved"}`),
	"a page":        reply(200, `<html>approved</html>`),
	"nothing":       reply(200, ``),
	"no content":    reply(204, ``),
	"no status":     reply(200, `{"_id":"ext-1","state":"approved"}`),
	"null":          reply(200, `{"_id":"ext-1","status":{"value":null}}`),
	"an object":     reply(200, `{"status":{"value":{"is":"approved"}}}`),
	"a list":        reply(200, `["approved"]`),
	"a huge answer": reply(200, `{"status":{"value":"approved"},"more":"`+strings.Repeat("x", 1<<20)+`"}`),
	"a redirect": func(w http.ResponseWriter) {
		w.Header().Set("Location", "https://elsewhere.example.com/approved")
		w.WriteHeader(302)
		_, _ = w.Write([]byte(`{"status":{"value":"approved"}}`))
	},
	"a reset": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	"a cut": func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"status":{"value":"approved"}}`))
	},
}

func reply(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// A check that cannot be made, or not be read, is never an approval: the request
// stays pending, says why, and is asked about again.
func TestWhatCannotBeReadIsNoApproval(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		c := h.custom()
		a := h.ask(approval.Draft{})
		h.until(a, approval.Pending)
		for name, f := range failures {
			h.replies0(stands, f)
			h.Clock.Advance(time.Minute)
			before := h.get(a)
			got, err := h.Approvals.Check(h.T.Context(), h.product, a.ID)
			if err != nil || got.State != approval.Pending || got.Failures <= before.Failures || got.Fault == "" || !got.Checked.Equal(before.Checked) || got.Status != "Waiting for Ada" {
				h.T.Errorf("%s: %+v %v", name, got.State, err)
			}
		}
		before := h.get(a).Failures
		if got, err := h.Approvals.Check(h.T.Context(), h.Admin, a.ID); err != nil || got.Failures != before {
			h.T.Errorf("who looks again asks again: %+v %v", got, err)
		}
		if got := h.tasks(); len(got) != 0 {
			h.T.Fatalf("%+v", got)
		}
		text := h.text(a)
		for _, word := range []string{"ca-key-4711", "elsewhere"} {
			if strings.Contains(text, word) {
				h.T.Errorf("%s shows in %s", word, text)
			}
		}
		off := false
		h.says(stands, 200, `{"status":{"value":"approved"}}`)
		if _, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &off}); err != nil {
			h.T.Fatal(err)
		}
		h.Clock.Advance(time.Minute)
		if got, err := h.Approvals.Check(h.T.Context(), h.product, a.ID); err != nil || got.State != approval.Pending || !strings.Contains(got.Fault, "switched off") {
			h.T.Errorf("%+v %v", got, err)
		}
		on := true
		if _, err := h.Configurations.Update(h.T.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &on}); err != nil {
			h.T.Fatal(err)
		}
		h.Clock.Advance(time.Minute)
		if got, err := h.Approvals.Check(h.T.Context(), h.product, a.ID); err != nil || got.State != approval.Approved || got.Fault != "" || got.Failures != 0 {
			h.T.Errorf("%+v %v", got, err)
		}
	})
}

// The partner says that it does not know the request: then nobody decides any more.
func TestALostRequestIsNoApproval(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		a := h.ask(approval.Draft{})
		h.until(a, approval.Pending)
		h.replies0(stands, reply(404, `{"status":{"value":"approved"}}`))
		h.Clock.Advance(5 * time.Minute)
		now := h.until(a, approval.Lost)
		if task := h.tasks(); len(task) != 1 || task[0].Kind != "approval.lost" || now.Closed.IsZero() {
			h.T.Errorf("%+v %+v", task, now)
		}
		h.says(stands, 200, `{"status":{"value":"approved"}}`)
		h.Clock.Advance(time.Hour)
		if got, err := h.Approvals.Check(h.T.Context(), h.Admin, a.ID); err != nil || got.State != approval.Lost {
			h.T.Errorf("%+v %v", got, err)
		}
	})
}

// A request that may have arrived is not sent a second time by itself; one that
// surely has not is.
func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		for name, f := range failures {
			if name == "429" || name == "no status" || name == "null" { // the second and third were taken in
				continue
			}
			h.replies0(opens, f)
			a := h.ask(approval.Draft{})
			now := h.until(a, approval.NotSent)
			if len(now.Calls) != 1 || now.Fault == "" || now.External != "" || strings.Contains(now.Fault, "may have arrived") == (name == "400" || name == "401" || name == "403") {
				h.T.Errorf("%s: %d calls, %q", name, len(now.Calls), now.Fault)
			}
			if task := h.tasks(); len(task) != 1 || task[0].Kind != "approval.not_sent" {
				h.T.Errorf("%s: %+v", name, task)
			}
		}
		h.replies0(opens, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(503)
		})
		a := h.ask(approval.Draft{})
		h.Until("it was tried", func() bool { return h.get(a).Failures == 1 })
		h.says(opens, 201, pending)
		h.passing("it was sent again", func() bool { return h.get(a).State == approval.Pending })
		if now := h.get(a); len(now.Calls) != 2 || now.Fault != "" || now.Checked.Sub(a.Created) < 2*time.Minute {
			h.T.Errorf("%+v", now)
		}
		// A person may have one sent again.
		h.replies0(opens, failures["500"])
		b := h.ask(approval.Draft{})
		h.until(b, approval.NotSent)
		h.says(opens, 201, `{"_id":"ext-1","status":{"value":"approved"}}`)
		if _, err := h.Approvals.Resend(h.T.Context(), h.Admin, b.ID); err != nil {
			h.T.Fatal(err)
		}
		h.until(b, approval.Approved)
	})
}

// The partner hears of the end, however long that takes.
func TestTheEndIsToldUntilItIsHeard(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		h.says(opens, 201, `{"_id":"ext-1","status":{"value":"approved"}}`)
		h.replies0(applied, failures["500"])
		a := h.ask(approval.Draft{})
		h.until(a, approval.Approved)
		task := h.tasks()
		if _, err := h.Host.Finish(h.T.Context(), h.product, task[0].ID, nil); err != nil {
			h.T.Fatal(err)
		}
		h.Until("it was told once", func() bool { return h.get(a).Failures == 1 })
		h.replies0(applied, failures["a reset"])
		h.passing("it was told twice", func() bool { return h.get(a).Failures == 2 })
		if now := h.get(a); now.State != approval.Applied || now.Told != "waiting" {
			h.T.Errorf("%+v", now)
		}
		h.replies0(applied, reply(204, ""))
		h.passing("it has heard", func() bool { return h.get(a).Told == "done" })
		// What would not be another answer next time is not asked for again.
		h.replies0(cancelled, failures["400"])
		h.says(opens, 201, pending)
		b := h.ask(approval.Draft{})
		h.until(b, approval.Pending)
		if _, err := h.Approvals.Withdraw(h.T.Context(), h.Admin, b.ID); err != nil {
			h.T.Fatal(err)
		}
		h.Until("nobody tells any more", func() bool { return h.get(b).Told == "failed" })
		page, err := h.Audit.List(h.T.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String()}, 0)
		if err != nil {
			h.T.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range page.Entries {
			seen[e.Action] = true
			if strings.Contains(string(e.After), "4711") {
				h.T.Errorf("%s", e.After)
			}
		}
		for _, action := range []string{"ask", "open", "approve", "apply", "withdraw", "untold"} {
			if !seen["approval."+action] {
				h.T.Errorf("%s is in no log", action)
			}
		}
	})
}

// The product does not do it: the change has failed, and may be tried again or
// withdrawn.
func TestAChangeThatIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	each(t, func(h house) {
		h.custom()
		h.says(opens, 201, `{"_id":"ext-1","status":{"value":"approved"}}`)
		a, b := h.ask(approval.Draft{}), h.ask(approval.Draft{})
		h.until(a, approval.Approved)
		h.until(b, approval.Approved)
		task := h.tasks() // about one resource, so one at a time
		if len(task) != 1 {
			h.T.Fatalf("%+v", task)
		}
		if _, err := h.Approvals.Withdraw(h.T.Context(), h.Admin, a.ID); err == nil {
			h.T.Error("it is withdrawn while it is carried out")
		}
		if _, err := h.Host.Fail(h.T.Context(), h.product, task[0].ID, host.Failure{Detail: "The flag has changed."}); err != nil {
			h.T.Fatal(err)
		}
		first, second := a, b
		if task[0].Reference != "approval/"+a.ID.String() {
			first, second = b, a
		}
		now := h.get(first)
		if now.State != approval.Failed || now.Fault != "The flag has changed." || !now.Open() {
			h.T.Errorf("%+v", now)
		}
		if got, err := h.Approvals.Withdraw(h.T.Context(), h.Admin, first.ID); err != nil || got.State != approval.Withdrawn {
			h.T.Errorf("%+v %v", got, err)
		}
		h.next(cancelled)
		task = h.tasks()
		if len(task) == 0 || task[0].Reference != "approval/"+second.ID.String() && len(task) < 2 {
			h.T.Errorf("%+v", task)
		}
	})
}

// text is everything of an approval that can be read.
func (h house) text(a approval.Approval) string {
	h.T.Helper()
	raw, err := json.Marshal(h.get(a))
	if err != nil {
		h.T.Fatal(err)
	}
	return string(raw)
}
