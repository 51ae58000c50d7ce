package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// said is an entry in short.
func said(e ledger.Entry) string {
	switch e.Kind {
	case ledger.Change:
		return e.Integration.Kind + " " + e.Action
	case ledger.Delivery:
		return fmt.Sprintf("%s delivered %s ×%d", e.Integration.Kind, e.Verdict, e.Calls)
	}
	return fmt.Sprintf("%s %s %s %s %s ×%d", e.At.Format("02 15"), e.Integration.Kind, e.Operation, e.Verdict, e.Outcome, e.Calls)
}

func sayings(p ledger.Page) []string {
	var out []string
	for _, e := range p.Entries {
		out = append(out, said(e))
	}
	return out
}

// What was called, what changed and what was delivered stand in the order of time,
// with names, words and reasons; what is not written yet stands there, too.
func TestEverythingAnIntegrationDidStandsInTheLedger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		app, ins, own := h.app.ID.String(), h.ins.Grant, h.own.Integration.Grant
		day := h.clock.Now()
		h.call(ins, app, "listFlags", usage.OK, 3, "proj/web:env/production:flag/*", "proj/web:env/production:flag/*", "proj/shop:env/test:flag/*")
		h.flush()
		h.call(ins, app, "listFlags", usage.OK, 2)
		h.call(ins, app, "deleteProject", usage.ScopeMissing, 4)
		h.call(own, "", "listFlags", usage.ProductError, 1)
		h.call(own, "", "", usage.NotFound, 1)
		h.call("grt_elsewhere", "", "listFlags", usage.OK, 7) // counted for nobody that is known
		h.exec(`INSERT INTO webhook_endpoint (id, application, group_id, grant_id, account, holder, url, description, state, reason, ordered, concurrency, rate, secrets, created_by, created, revision)
			VALUES ('whe_1', '', '', ?, ?, ?, 'https://sync.example/in', '', 'enabled', '', 0, 1, 0, '[]', '', 1, 1)`, own, h.harbour.ID.String(), h.own.Integration.Holder())
		for _, step := range []string{"day", "quarter"} {
			h.exec("INSERT INTO webhook_count (endpoint, step, at, delivered, failed, answered, took, slowest) VALUES ('whe_1', ?, ?, 9, 2, 9, 1, 1)", step, day.Truncate(24*time.Hour).UnixMicro())
		}
		h.clock.Advance(24 * time.Hour)
		scopes := []string{"projects.read"}
		_, err := h.private.Update(h.ctx, h.boss, h.own.Integration.ID, private.Patch{Scopes: &scopes})
		h.ok(err)

		p := h.list(ledger.Query{})
		date := day.Format("02")
		want := []string{"private_integration private_integration.update", "private_integration private_integration.create", "application installation.create",
			"private_integration delivered allowed ×9", "private_integration delivered failed ×2"}
		got := sayings(p)
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%q is missing in %q", w, got)
			}
		}
		for _, w := range []string{date + " 00 application deleteProject refused scope_missing ×4", date + " 00 application listFlags allowed ok ×5",
			date + " 00 private_integration listFlags failed product_error ×1", date + " 00 private_integration  refused not_found ×1", date + " 00 unknown listFlags allowed ok ×7"} {
			if n := slices.Index(got, w); n < len(got)-5 {
				t.Errorf("%q is not among the last of %q", w, got)
			}
		}
		change := p.Entries[slices.Index(got, want[0])]
		if !slices.Equal(change.Added, []string{"projects.read"}) || !slices.Equal(change.Removed, []string{"flags.read"}) || change.By != h.boss.Subject() || change.ByName != "boss" {
			t.Errorf("the change of scopes: %+v", change)
		}
		read := p.Entries[slices.Index(got, date+" 00 application listFlags allowed ok ×5")]
		if read.Method != "GET" || read.Label == "" || read.Effect != "read" || read.Integration.Name != "Deploybot" || !read.Until.Equal(read.At.Add(24*time.Hour)) {
			t.Errorf("the operation: %+v", read)
		}
		if len(read.Resources) != 2 || read.Resources[0] != (ledger.Resource{Resource: "proj/web:env/production:flag/*", Calls: 2}) {
			t.Errorf("what it was about: %+v", read.Resources)
		}
		if refused := p.Entries[slices.Index(got, date+" 00 application deleteProject refused scope_missing ×4")]; refused.Effect != "change" || refused.Why == "" {
			t.Errorf("the refusal: %+v", refused)
		}

		// By hour, filtered, each in turn.
		hour := day.Format("02 15")
		for name, c := range map[string]struct {
			q    ledger.Query
			want []string
		}{
			"refused by hour": {ledger.Query{Step: usage.StepHour, Verdict: ledger.Refused}, []string{hour + " private_integration  refused not_found ×1", hour + " application deleteProject refused scope_missing ×4"}},
			"one outcome":     {ledger.Query{Outcome: usage.ProductError, Chosen: true}, []string{date + " 00 private_integration listFlags failed product_error ×1"}},
			"application":     {ledger.Query{Integration: app, Kind: ledger.Calls}, []string{date + " 00 application deleteProject refused scope_missing ×4", date + " 00 application listFlags allowed ok ×5"}},
			"installation":    {ledger.Query{Integration: h.ins.ID.String(), Kind: ledger.Change}, []string{"application installation.create"}},
			"private":         {ledger.Query{Integration: h.own.Integration.ID.String(), Kind: ledger.Delivery}, []string{"private_integration delivered allowed ×9", "private_integration delivered failed ×2"}},
			"another day":     {ledger.Query{Kind: ledger.Calls, From: h.clock.Now()}, nil},
		} {
			got := sayings(h.list(c.q))
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	})
}

// Page after page gives the same as all at once, whatever is written between them.
func TestPagesOfTheLedgerAddUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for i := range 9 {
			for _, o := range []usage.Outcome{usage.OK, usage.RateLimited, usage.ProductError} {
				h.call(h.ins.Grant, h.app.ID.String(), "listFlags", o, uint32(i+1)) //nolint:gosec // small
				h.call(h.own.Integration.Grant, "", "getFlag", o, 1)
			}
			if i%2 == 0 {
				h.flush()
			}
			name := fmt.Sprint("Sync ", i)
			_, err := h.private.Update(h.ctx, h.boss, h.own.Integration.ID, private.Patch{Name: &name})
			h.ok(err)
			h.clock.Advance(7 * time.Hour)
		}
		for _, step := range []usage.Step{usage.StepDay, usage.StepHour} {
			want := sayings(h.list(ledger.Query{Step: step, Limit: 500}))
			for _, size := range []int{1, 4, 7} {
				var got []string
				after := (*ledger.Position)(nil)
				for more := true; more; {
					p, err := h.List(h.ctx, h.boss, h.harbour.ID, ledger.Query{Step: step, Limit: size}, after)
					h.ok(err)
					if len(p.Entries) > size {
						t.Fatalf("%d entries on a page of %d", len(p.Entries), size)
					}
					got, more, after = append(got, sayings(p)...), p.More, &p.Last
					if size == 4 {
						h.flush() // what waited is written now
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("by %s, %d at a time: %d entries, want %d\n%s\n\n%s", step, size, len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			h.flush()
		}
	})
}

// What was issued, rotated and revoked is told of the integration whose token it is;
// what the operator stopped for everybody is told in the operator's words.
func TestTokensAndStopsStandInTheLedger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.clock.Advance(time.Hour)
		next, err := h.tokens.Rotate(h.ctx, h.boss, h.own.Token.ID, token.Rotation{Grace: 24 * time.Hour})
		h.ok(err)
		h.clock.Advance(time.Hour)
		h.ok(h.tokens.RevokeID(h.ctx, h.boss, next.ID))
		var actions []string
		for _, e := range h.list(ledger.Query{Integration: h.own.Integration.ID.String()}).Entries {
			actions = append(actions, e.Action)
			if e.Integration.ID != h.own.Integration.ID.String() {
				t.Errorf("%s is told of %+v", e.Action, e.Integration)
			}
		}
		if !slices.Contains(actions, "token.rotate") || !slices.Contains(actions, "token.revoke") {
			t.Errorf("of its tokens: %q", actions)
		}
		operator := access.Operator("usr_op")
		stop, err := h.suspensions.Begin(h.ctx, operator, suspension.Order{Target: suspension.Target{Kind: suspension.KindApplication, ID: h.app.ID.String()}, Reason: "For the developers.", Message: "We stopped it."})
		h.ok(err)
		h.clock.Advance(time.Hour)
		_, err = h.suspensions.Lift(h.ctx, operator, stop.ID)
		h.ok(err)
		p := h.list(ledger.Query{Integration: h.app.ID.String(), Kind: ledger.Change})
		if got := sayings(p); len(got) < 2 || got[0] != "application suspension.lift" || got[1] != "application suspension.begin" || p.Entries[1].Reason != "We stopped it." || p.Entries[1].By != "operator" {
			t.Errorf("the stop: %q %+v", got, p.Entries)
		}

		// An endpoint is its installation's, and so of the application: in lines and in sums.
		h.exec(`INSERT INTO webhook_endpoint (id, application, group_id, grant_id, account, holder, url, description, state, reason, ordered, concurrency, rate, secrets, created_by, created, revision)
			VALUES ('whe_1', '', '', ?, ?, '', 'https://deploybot.example/in', '', 'enabled', '', 0, 1, 0, '[]', '', 1, 1)`, h.ins.Grant, h.harbour.ID.String())
		h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
			return h.Audit.Record(tx, h.boss, audit.Change{Action: "webhook.update", Target: "webhook/whe_1", Account: h.harbour.ID.String()})
		}))
		lines := h.list(ledger.Query{Integration: h.app.ID.String(), Kind: ledger.Change}).Entries
		if got := sayings(ledger.Page{Entries: lines}); !slices.Contains(got, "application webhook.update") {
			t.Errorf("of the application: %q", got)
		}
		for name, q := range map[string]ledger.Query{"all": {}, "of the application": {Integration: h.app.ID.String()}} {
			sums, err := h.Sum(h.ctx, h.boss, h.harbour.ID, q)
			h.ok(err)
			i := slices.IndexFunc(sums.Items, func(one ledger.Sum) bool { return one.Integration.ID == h.app.ID.String() })
			if i < 0 || sums.Items[i].Changes != int64(len(lines)) || !sums.Items[i].Changed.Equal(lines[0].At) {
				t.Errorf("%s: %d lines, summed up %+v", name, len(lines), sums.Items)
			}
		}
	})
}

// The sums are those of the lines, and say who read and who changed.
func TestTheLedgerSumsUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		app := h.app.ID.String()
		h.call(h.ins.Grant, app, "listFlags", usage.OK, 3)
		h.call(h.ins.Grant, app, "deleteProject", usage.OK, 2)
		h.flush()
		h.call(h.ins.Grant, app, "listFlags", usage.ScopeMissing, 5)
		h.clock.Advance(24 * time.Hour)
		h.call(h.own.Integration.Grant, "", "listFlags", usage.ProductError, 1)
		got, err := h.Sum(h.ctx, h.boss, h.harbour.ID, ledger.Query{})
		h.ok(err)
		if len(got.Items) != 2 {
			t.Fatalf("%+v", got.Items)
		}
		a, b := got.Items[0], got.Items[1]
		if a.Integration.ID != app || a.Calls != 10 || a.Allowed != 5 || a.Refused != 5 || a.Reads != 3 || a.Writes != 2 || a.Operations != 2 || a.Outcomes["scope_missing"] != 5 || a.Changes == 0 {
			t.Errorf("%+v", a)
		}
		if b.Integration.Name != formula || b.Calls != 1 || b.Failed != 1 || b.Changes == 0 || b.Changed.IsZero() {
			t.Errorf("%+v", b)
		}
		var lines int64
		for _, e := range h.list(ledger.Query{Kind: ledger.Calls}).Entries {
			lines += e.Calls
		}
		if lines != a.Calls+b.Calls {
			t.Errorf("%d in lines, %d in sums", lines, a.Calls+b.Calls)
		}
		one, err := h.Sum(h.ctx, h.boss, h.harbour.ID, ledger.Query{Integration: h.own.Integration.ID.String()})
		h.ok(err)
		if len(one.Items) != 1 || one.Items[0].Calls != 1 {
			t.Errorf("of one: %+v", one.Items)
		}
		all, err := h.Integrations(h.ctx, h.boss, h.harbour.ID)
		h.ok(err)
		if len(all) != 2 || all[1].Name != "Deploybot" || all[0].Kind != "private_integration" {
			t.Errorf("to choose from: %+v", all)
		}
	})
}

// A period that cannot be answered is refused: silence would pass for "nothing happened".
func TestAPeriodThatIsNotKeptIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		now, days := h.clock.Now(), func(n int) time.Time { return h.clock.Now().AddDate(0, 0, -n) }
		for name, c := range map[string]struct {
			q    ledger.Query
			code string
		}{
			"as usual":                           {ledger.Query{}, ""},
			"a year":                             {ledger.Query{From: days(365)}, ""},
			"more":                               {ledger.Query{From: days(400)}, "ledger_period"},
			"older":                              {ledger.Query{From: days(1000), To: days(900)}, ""},
			"older than kept":                    {ledger.Query{From: days(1200), To: days(1190)}, "ledger_period"},
			"changes stay":                       {ledger.Query{From: days(1200), To: days(1190), Kind: ledger.Change}, ""},
			"hours":                              {ledger.Query{Step: usage.StepHour, From: days(31)}, ""},
			"too many hours":                     {ledger.Query{Step: usage.StepHour, From: days(40)}, "ledger_period"},
			"hours not kept":                     {ledger.Query{Step: usage.StepHour, From: days(100), To: days(95)}, "ledger_period"},
			"end before begin":                   {ledger.Query{From: now, To: days(2)}, "ledger_period"},
			"in the future":                      {ledger.Query{From: now.AddDate(0, 0, 2), To: now.AddDate(0, 0, 3)}, "ledger_period"},
			"by minute":                          {ledger.Query{Step: usage.StepMinute}, "ledger_period"},
			"nobody of that name":                {ledger.Query{Integration: "pin_00000000000000000000000000"}, "not_found"},
			"an application that was never here": {ledger.Query{Integration: "app_00000000000000000000000000"}, "not_found"},
		} {
			_, err := h.List(h.ctx, h.boss, h.harbour.ID, c.q, nil)
			h.code(name, err, c.code)
		}
		p := h.list(ledger.Query{})
		if p.Kept.Hours != 90 || p.Kept.Days != 1098 || p.Kept.Resources != 31 || !p.From.Equal(p.From.Truncate(24*time.Hour)) || p.To.Before(now) {
			t.Errorf("what is kept: %+v, from %s to %s", p.Kept, p.From, p.To)
		}
	})
}
