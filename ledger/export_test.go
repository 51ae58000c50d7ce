package ledger_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/usage"
)

type listed struct {
	From, To time.Time
	Step     string
	Kept     ledger.Kept
	Items    []ledger.Entry
	Next     string
}

func (h *house) page(path string) listed {
	h.t.Helper()
	w := h.get(h.boss, path)
	var out listed
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		h.t.Fatalf("%s: %d %s %v", path, w.Code, w.Body, err)
	}
	return out
}

// The API lists with a cursor, narrows, and says what is kept and for how long.
func TestTheLedgerOverHTTP(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for i := range 5 {
			h.call(h.ins.Grant, h.app.ID.String(), "listFlags", usage.OK, uint32(i+1)) //nolint:gosec // small
			h.call(h.own.Integration.Grant, "", "getFlag", usage.ScopeMissing, 1)
			h.clock.Advance(24 * time.Hour)
		}
		whole := h.page("?limit=200")
		if whole.Next != "" || whole.Kept.Hours != 90 || whole.Kept.Changes != "forever" || whole.Step != "day" || whole.From.IsZero() || whole.To.IsZero() {
			t.Errorf("%+v", whole)
		}
		var got []ledger.Entry
		for path := "?limit=3"; ; {
			p := h.page(path)
			got = append(got, p.Items...)
			if p.Next == "" {
				break
			}
			path = "?limit=3&cursor=" + p.Next
		}
		if len(got) != len(whole.Items) || fmt.Sprint(got) != fmt.Sprint(whole.Items) {
			t.Errorf("page after page %d entries, at once %d", len(got), len(whole.Items))
		}
		narrow := h.page("?kind=calls&outcome=scope_missing&step=hour&integration=" + h.own.Integration.ID.String())
		if len(narrow.Items) != 5 || narrow.Items[0].Integration.Name != formula || narrow.Items[0].Until.Sub(narrow.Items[0].At) != time.Hour {
			t.Errorf("narrowed: %+v", narrow.Items)
		}
		from := url.QueryEscape(h.clock.Now().Add(-48 * time.Hour).Format(time.RFC3339))
		if p := h.page("?kind=calls&from=" + from); len(p.Items) != 4 {
			t.Errorf("of the last days: %+v", p.Items)
		}
		w := h.get(h.boss, "/sums")
		var sums ledger.Totals
		if err := json.Unmarshal(w.Body.Bytes(), &sums); err != nil || w.Code != 200 || len(sums.Items) != 2 || sums.Items[0].Calls != 15 || sums.Items[1].Refused != 5 {
			t.Errorf("%d %s %v", w.Code, w.Body, err)
		}
		for path, want := range map[string]int{"?cursor=x": 400, "?step=minute": 422, "?kind=all": 422, "?outcome=maybe": 422, "?from=" + url.QueryEscape("2001-01-01T00:00:00Z"): 422,
			"?integration=pin_00000000000000000000000000": 404, "/export?format=xml": 422, "/export?from=" + url.QueryEscape("2001-01-01T00:00:00Z"): 422} {
			if w := h.get(h.boss, path); w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

// Who may not read the account's audit log gets nothing, whoever cannot see the account
// not even that it exists; when it cannot be told, nobody gets anything.
func TestTheLedgerIsForTheAccountsAdministrators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		paths := []string{"", "/sums", "/export?format=csv", "/export?format=ndjson"}
		for name, c := range map[string]struct {
			by   access.Principal
			want int
		}{"nobody": {access.Principal{}, 404}, "a reader of the account": {h.reader, 403}, "another account's administrator": {h.eve, 404}, "the developer": {h.dan, 404},
			"an application": {access.Principal{Kind: access.KindIntegration, Account: h.harbour.ID.String(), Grant: h.ins.Grant}, 404},
			"the operator":   {access.Operator("usr_op"), 200}, "the administrator": {h.boss, 200}} {
			for _, path := range paths {
				w := h.get(c.by, path)
				if w.Code != c.want && (name != "nobody" || w.Code != 401) {
					t.Errorf("%s of %q: %d %s", name, path, w.Code, w.Body)
				}
				if c.want != 200 && strings.Contains(w.Body.String(), "Deploybot") {
					t.Errorf("%s learns of %s", name, w.Body)
				}
			}
		}
		// Another account's integration is not one of this account.
		if _, err := h.List(h.ctx, h.eve, h.quay.ID, ledger.Query{Integration: h.own.Integration.ID.String()}, nil); err == nil {
			t.Error("another account's private integration was found")
		}
		if _, err := h.List(h.ctx, h.eve, h.quay.ID, ledger.Query{Integration: h.app.ID.String()}, nil); err == nil {
			t.Error("an application that is not installed was found")
		}
		h.ok(h.db.Close())
		for _, path := range paths {
			if w := h.get(h.boss, path); w.Code != 503 {
				t.Errorf("without a database, %q: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

// An export holds what the list shows, is noted, and no cell of the table can be taken
// for a formula.
func TestExportsOfTheLedger(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.call(h.own.Integration.Grant, "", "listFlags", usage.OK, 1, "@SUM(1+1)*cmd|' /C calc'!A0", "-2+3", "\tproj/web")
		h.call(h.ins.Grant, h.app.ID.String(), "=1+1", usage.OK, 1) // an operation that the catalog has lost
		h.call(h.ins.Grant, h.app.ID.String(), "listFlags", usage.RateLimited, 3)
		h.clock.Advance(24 * time.Hour)
		for i := range 1200 { // more than two pages
			h.call(h.ins.Grant, h.app.ID.String(), fmt.Sprintf("op%04d", i), usage.OK, 1)
		}
		h.flush()
		w := h.get(h.boss, "/export?format=csv")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(w.Header().Get("Content-Disposition"), `filename="ledger.csv"`) {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		rows, err := csv.NewReader(w.Body).ReadAll()
		h.ok(err)
		name, calls := slices.Index(rows[0], "name"), 0
		for _, r := range rows[1:] {
			for i, cell := range r {
				if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
					t.Errorf("cell %s begins like a formula: %q", rows[0][i], cell)
				}
			}
			if r[2] == "calls" {
				calls++
			}
		}
		if calls != 1203 || !slices.ContainsFunc(rows, func(r []string) bool { return r[name] == "'"+formula }) || !slices.ContainsFunc(rows, func(r []string) bool { return slices.Contains(r, "'=1+1") }) {
			t.Errorf("%d lines of calls; the names: %q", calls, rows[1])
		}

		var lines []ledger.Entry
		w = h.get(h.boss, "/export?format=ndjson&kind=calls&verdict=refused")
		for dec := json.NewDecoder(w.Body); dec.More(); {
			var e ledger.Entry
			h.ok(dec.Decode(&e))
			lines = append(lines, e)
		}
		if len(lines) != 1 || lines[0].Calls != 3 || lines[0].Outcome != "rate_limited" || lines[0].Integration.Name != "Deploybot" {
			t.Errorf("NDJSON: %d %+v", w.Code, lines)
		}

		log, err := h.Audit.List(h.ctx, h.boss, audit.Filter{Account: h.harbour.ID.String(), Action: "ledger.export"}, 0)
		h.ok(err)
		if len(log.Entries) != 2 || log.Entries[0].Actor != h.boss.Subject() || !bytes.Contains(log.Entries[0].After, []byte(`"verdict":"refused"`)) || !bytes.Contains(log.Entries[1].After, []byte(`"format":"csv"`)) {
			t.Errorf("the log notes %+v", log.Entries)
		}
	})
}

// An export is written while it is read: a reader who goes away ends it, and nothing
// is collected first.
func TestAnExportIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for i := range 1500 {
			h.call(h.ins.Grant, h.app.ID.String(), fmt.Sprintf("op%04d", i), usage.OK, 1)
		}
		h.flush()
		taken, err := h.Export(h.ctx, h.boss, h.harbour.ID, ledger.Query{Kind: ledger.Calls}, ledger.NDJSON)
		h.ok(err)
		n := 0
		err = taken.Write(h.ctx, writer(func(p []byte) (int, error) {
			if n++; n == 700 {
				return 0, fmt.Errorf("gone")
			}
			return len(p), nil
		}))
		if err == nil || n != 700 {
			t.Errorf("%d writes, %v", n, err)
		}
	})
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
