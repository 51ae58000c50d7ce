package legacy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

const spec = `{"openapi":"3.1.0","info":{"title":"P","version":"1"},"paths":{
"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","deprecated":true,"responses":{"201":{"description":"ok"}}}},
"/members":{"get":{"operationId":"listMembers","responses":{"200":{"description":"ok"}}}}}}`

func offering(t *testing.T) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"p.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{Product: catalog.Product{Name: "P", Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"},
			"listMembers": {Needs: "member:view", Deprecated: &catalog.Deprecation{Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Removed: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC), Use: "listFlags"}}},
		Scopes: map[string]catalog.Scope{"flags.read": {Risk: "low", Entitlements: []string{"flag:view"}}, "flags.write": {Risk: "medium", Entitlements: []string{"flag:view", "flag:create"}},
			"members": {Risk: "high", Entitlements: []string{"member:view"}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := &catalog.Current{}
	c.Swap(cat)
	return c
}

type person struct{}

func (person) IDPrefix() string { return "usr" }

// house is the slice on a real database: harbour and alder are customers, ben
// administers harbour.
type house struct {
	*Service
	t              *testing.T
	clock          *storetest.Clock
	gate           *Gate
	harbour, alder account.Account
	ben            access.Principal
	benID          string
}

var operator = access.Operator("usr_op")

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	m := make([]byte, secret.MasterLen)
	m[0] = 1
	keys, err := secret.NewKeyring(m)
	h.ok(err)
	log := &audit.Log{DB: db}
	h.Service = &Service{DB: db, Audit: log, Usage: &usage.Service{DB: db, Recorder: usage.NewRecorder(0)}, Accounts: &account.Service{DB: db, Audit: log},
		Grants: &grant.Service{DB: db}, Tokens: &token.Service{DB: db, Audit: log, Keys: keys}, Notices: &notice.Service{DB: db, Audit: log}, Catalog: offering(t)}
	h.gate = NewGate(db, token.NewAuthenticator(db, keys))
	for key, into := range map[string]*account.Account{"harbour": &h.harbour, "alder": &h.alder} {
		*into, err = h.Accounts.Put(t.Context(), operator, account.Draft{Key: key, Name: key})
		h.ok(err)
	}
	h.benID = ident.New[person](h.clock.Now()).String()
	h.ok(db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ben@harbour.example', 'Ben', '', '', 0, 'active', '', 1, 1, 0)`, h.benID)
		if err != nil {
			return err
		}
		return h.Accounts.SetMember(tx, operator, account.Member{Account: h.harbour.ID.String(), User: h.benID, Role: access.AccountAdmin})
	}))
	h.ben = access.UserPrincipal(h.benID, nil, map[string]string{h.harbour.ID.String(): access.AccountAdmin})
	return h
}

func each(t *testing.T, f func(h *house)) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(newHouse(t, open)) })
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

var from = netip.MustParseAddr("203.0.113.7")

// state says what a presented key opens: "" when it does, else a code.
func (h *house) state(raw string) string {
	b, err := h.gate.Authenticate(h.t.Context(), raw, from, h.clock.Now())
	if err != nil {
		return problem.CodeOf(err)
	}
	return problem.CodeOf(b.Live(h.clock.Now()))
}

func (h *house) expect(what, raw, want string) {
	h.t.Helper()
	if got := h.state(raw); got != want {
		h.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func hashOf(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

const (
	plain  = "legacy-plain-key-0001-canary"
	hashed = "legacy-hashed-key-0002-canary"
)

// adopt imports one key of each sort and gives them in that order.
func (h *house) adopt() (Key, Key) {
	h.t.Helper()
	_, err := h.Import(h.t.Context(), operator, []Row{
		{Account: "harbour", Key: secret.New(plain), Label: "ERP", Everything: true, Created: time.Date(2021, 5, 1, 0, 0, 0, 0, time.UTC)},
		{Account: h.harbour.ID.String(), SHA256: hashOf(hashed), Label: "Zap", Scopes: []string{"flags.read"}},
	}, false)
	h.ok(err)
	got, err := h.List(h.t.Context(), h.ben, Query{Account: h.harbour.ID.String()})
	h.ok(err)
	if len(got) != 2 {
		h.t.Fatalf("%d keys", len(got))
	}
	slices.SortFunc(got, func(a, b Key) int { return strings.Compare(a.Label, b.Label) })
	return got[0], got[1]
}

func (h *house) inbox(kind string) []notice.Item {
	h.t.Helper()
	box, err := h.Notices.List(h.t.Context(), h.ben, notice.Query{})
	h.ok(err)
	return slices.DeleteFunc(box.Items, func(i notice.Item) bool { return i.Kind != kind })
}

func TestImportedKeysKeepWorking(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.expect("before the import", plain, "invalid_token")
		erp, zap := h.adopt()
		h.expect("imported in plain", plain, "")
		h.expect("imported by hash", hashed, "")
		h.expect("the hash itself", hashOf(hashed), "invalid_token")
		h.expect("one character more", plain+"x", "invalid_token")
		h.expect("another", "legacy-other", "invalid_token")
		b, err := h.gate.Authenticate(h.t.Context(), hashed, from, h.clock.Now())
		h.ok(err)
		if b.Holding.Everything || !b.Scopes.Has("flags.read") || b.Holding.AccountKey != "harbour" || b.Holding.SubjectKey == "" {
			h.t.Errorf("%+v", b.Holding)
		}
		if !erp.Everything || erp.Hint != plain[len(plain)-4:] || erp.Created.Year() != 2021 || erp.State != Active || zap.Hint != "" || !slices.Equal(zap.Scopes, []string{"flags.read"}) {
			h.t.Errorf("%+v\n%+v", erp, zap)
		}
		if n := len(h.inbox("legacy_key.import")); n != 1 {
			h.t.Errorf("%d notices", n)
		}
		again, err := h.Import(h.t.Context(), operator, []Row{{Account: "alder", SHA256: hashOf(plain), Label: "x", Everything: true},
			{Account: "alder", Key: secret.New("legacy-third-key"), Label: "x", Everything: true}, {Account: "alder", SHA256: hashOf("legacy-third-key"), Label: "x", Everything: true}}, false)
		h.ok(err)
		if again != (Imported{Imported: 1, Known: 2, Accounts: 1}) {
			h.t.Errorf("sent again: %+v", again)
		}
		h.expect("imported while the gate stands open", "legacy-third-key", "")
	})
}

func TestImportsAreWholeOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		good := Row{Account: "harbour", Key: secret.New(plain), Label: "ERP", Everything: true}
		for code, change := range map[string]func(*Row){
			"account_unknown": func(r *Row) { r.Account = "nobody" }, "scope_unknown": func(r *Row) { r.Everything, r.Scopes = false, []string{"sesame"} },
			"unknown_version": func(r *Row) { r.Version = "v9" }, "label_invalid": func(r *Row) { r.Label = "" },
		} {
			bad := good
			change(&bad)
			_, err := h.Import(h.t.Context(), operator, []Row{good, bad}, false)
			h.code(code, err, "legacy_import_invalid")
			if e := problem.Of(err); len(e.Fields) != 1 || e.Fields[0].Code != code || !strings.HasPrefix(e.Fields[0].Pointer, "/keys/1/") {
				h.t.Errorf("%s: %+v", code, e.Fields)
			}
		}
		h.expect("nothing was imported", plain, "invalid_token")
		_, err := h.Import(h.t.Context(), h.ben, []Row{good}, false)
		h.code("an account's administrator", err, "forbidden")
		_, err = h.Import(h.t.Context(), operator, nil, false)
		h.code("nothing", err, "legacy_import_invalid")
		got, err := h.Import(h.t.Context(), operator, []Row{good}, true)
		h.ok(err)
		if got.Imported != 1 || !got.DryRun {
			h.t.Errorf("dry run: %+v", got)
		}
		h.expect("after a dry run", plain, "invalid_token")
	})
}

func TestLegacyKeysEnd(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		ctx := h.t.Context()
		erp, zap := h.adopt()
		h.expect("in memory", plain, "")
		until := h.clock.Now().Add(10 * 24 * time.Hour)
		got, err := h.End(ctx, h.ben, erp.ID, until)
		h.ok(err)
		if got.State != Ending || !got.Ends.Equal(until) {
			h.t.Errorf("%+v", got)
		}
		count := func(want int) {
			h.t.Helper()
			h.ok(h.RemindEnding(ctx))
			h.ok(h.RemindEnding(ctx)) // a second look tells nobody twice
			if n := len(h.inbox("legacy_key.ending")); n != want {
				h.t.Errorf("%d reminders, want %d", n, want)
			}
		}
		count(1) // within 30 days
		h.clock.Advance(4 * 24 * time.Hour)
		count(2) // within 7
		h.clock.Advance(5*24*time.Hour + time.Hour)
		count(3) // within 1
		h.expect("before its end", plain, "")
		h.clock.Advance(24 * time.Hour)
		h.expect("after its end", plain, "token_expired")
		_, err = h.End(ctx, h.ben, erp.ID, time.Time{})
		h.code("taking back what is over", err, "legacy_key_ended")

		_, err = h.End(ctx, h.ben, zap.ID, h.clock.Now().Add(-time.Hour))
		h.code("an end in the past", err, "legacy_key_end_invalid")
		_, err = h.End(ctx, h.ben, zap.ID, h.clock.Now().Add(time.Hour))
		h.ok(err)
		_, err = h.End(ctx, h.ben, zap.ID, time.Time{})
		h.ok(err)
		h.clock.Advance(2 * time.Hour)
		h.expect("its end was taken back", hashed, "")
		_, err = h.Revoke(ctx, h.ben, zap.ID, "")
		h.code("no reason", err, "reason_required")
		revoked, err := h.Revoke(ctx, h.ben, zap.ID, "Found in a repository.")
		h.ok(err)
		if revoked.State != Revoked || revoked.Reason != "Found in a repository." {
			h.t.Errorf("%+v", revoked)
		}
		h.expect("revoked", hashed, "token_revoked")
		entries := map[string]int{}
		h.ok(h.Audit.Each(ctx, operator, audit.Filter{}, func(e audit.Entry) error {
			if strings.HasPrefix(e.Action, "legacy_key.") {
				entries[e.Action]++
			}
			return nil
		}))
		if fmt.Sprint(entries) != "map[legacy_key.end:3 legacy_key.import:1 legacy_key.revoke:1]" {
			h.t.Errorf("entries: %v", entries)
		}
	})
}

func TestNobodySeesAnothersLegacyKeys(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		erp, _ := h.adopt()
		stranger := access.UserPrincipal("usr_x", nil, map[string]string{h.alder.ID.String(): access.AccountAdmin})
		reader := access.UserPrincipal("usr_r", nil, map[string]string{h.harbour.ID.String(): access.AccountReader})
		ctx := h.t.Context()
		_, err := h.Get(ctx, stranger, erp.ID)
		h.code("get", err, "not_found")
		_, err = h.List(ctx, stranger, Query{Account: h.harbour.ID.String()})
		h.code("list", err, "not_found")
		_, err = h.List(ctx, h.ben, Query{})
		h.code("list of all", err, "not_found")
		_, err = h.Revoke(ctx, reader, erp.ID, "x")
		h.code("a reader", err, "forbidden")
		if got, err := h.List(ctx, operator, Query{}); err != nil || len(got) != 2 {
			h.t.Errorf("the operator: %d %v", len(got), err)
		}
	})
}

// A network that guesses is slowed down, and what it is told then tells nothing
// about keys that it did not use before.
func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.adopt()
		for range 3 * wrongMost {
			h.expect("a broken client", "legacy-same-wrong-key", "invalid_token")
		}
		h.expect("its neighbour", plain, "")
		for i := range wrongMost - 1 {
			h.expect("guess", fmt.Sprintf("legacy-guess-%d", i), "invalid_token")
		}
		h.expect("one guess too many", "legacy-guess-too-many", "legacy_key_attempts")
		h.expect("a right guess", hashed, "legacy_key_attempts")
		h.expect("used here before", plain, "")
		b, err := h.gate.Authenticate(h.t.Context(), hashed, netip.MustParseAddr("198.51.100.9"), h.clock.Now())
		if err != nil || b.Live(h.clock.Now()) != nil {
			h.t.Errorf("from elsewhere: %v", err)
		}
		h.clock.Advance(wrongWithin + time.Second)
		h.expect("later", hashed, "")
	})
}

// What cannot be an imported key never reaches the database.
func TestGarbageReachesNoLookup(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	h.adopt()
	h.expect("warm", "legacy-warm", "invalid_token")
	db := h.DB
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		h.expect("garbage", fmt.Sprintf("legacy-garbage-%d", i), "invalid_token")
	}
	h.expect("our own form", secret.Generate(secret.PrivateKey).Reveal(), "invalid_token")
	h.expect("our own form, broken", "grpk_nonsense", "invalid_token")
	h.expect("a key that has to be looked up", plain, "store_unavailable")
}

// No part of a key, nor its bare hash, stands in the database.
func TestKeysLeaveNoTrace(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/trace.db"
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Again(t, path, c) })
	h.adopt()
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range []string{plain, plain[:20], strings.ToLower(hashOf(plain)), strings.ToLower(hashOf(hashed)), hashOf(hashed)} {
			if bytes.Contains(b, []byte(trace)) {
				t.Errorf("%s holds %.8s…", name, trace)
			}
		}
	}
}

// What a key was seen to do becomes a list of scopes that is exactly enough.
func TestObservedUseNamesItsScopes(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		erp, zap := h.adopt()
		record := func(k Key, op string, o usage.Outcome, n uint32) {
			h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Grant: k.Grant, Account: k.Account, Operation: op, Outcome: o}, n)
		}
		record(erp, "listFlags", usage.OK, 40)
		record(erp, "listMembers", usage.ScopeMissing, 2)
		record(erp, "", usage.NotFound, 9)
		got, err := h.Observed(h.t.Context(), h.ben, erp.ID)
		h.ok(err)
		if !slices.Equal(got.Scopes, []string{"flags.read"}) || len(got.Calls) != 2 || len(got.Unmet) != 0 {
			h.t.Errorf("%+v", got)
		}
		record(erp, "createFlag", usage.OK, 1)
		got, err = h.Observed(h.t.Context(), h.ben, erp.ID)
		h.ok(err)
		if !slices.Equal(got.Scopes, []string{"flags.write"}) {
			h.t.Errorf("one that gives both: %v", got.Scopes)
		}
		record(zap, "createFlag", usage.OK, 1)
		got, err = h.Observed(h.t.Context(), h.ben, zap.ID)
		h.ok(err)
		if !slices.Equal(got.Unmet, []string{"createFlag"}) {
			h.t.Errorf("beyond its scopes: %+v", got)
		}
		h.Usage.Recorder.Touch(usage.Subject{Kind: "grant", ID: erp.Grant}, h.clock.Now(), usage.Call{Operation: "createFlag", From: from})
		k, err := h.Get(h.t.Context(), h.ben, erp.ID)
		h.ok(err)
		if k.Calls != 52 {
			h.t.Errorf("%d calls", k.Calls)
		}
	})
}

// A33: who still uses what, for each of the three who may ask; those who still
// call are told before it ends.
func TestA33WhoStillUsesWhat(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		ctx := h.t.Context()
		erp, _ := h.adopt()
		h.ok(h.Notice(ctx, h.Catalog.Get()))
		noticed := h.clock.Now()
		h.clock.Advance(time.Hour)
		h.ok(h.Notice(ctx, h.Catalog.Get())) // another start changes nothing
		h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Grant: erp.Grant, Account: erp.Account, Operation: "listMembers"}, 7)
		h.Usage.Recorder.Record(h.clock.Now(), usage.Key{Grant: "grt_x", Application: "app_x", Group: "grp_x", Account: h.alder.ID.String(), Operation: "listMembers"}, 3)
		names := func(who string, by access.Principal, q Asked, want string) {
			h.t.Helper()
			got, err := h.Retiring(ctx, by, q)
			h.ok(err)
			var out []string
			for _, r := range got {
				line := r.Name + " " + r.State
				for _, u := range r.Users {
					line += fmt.Sprintf(" [%s %s %d]", u.AccountName, u.ApplicationName, u.Calls)
				}
				out = append(out, line)
			}
			if s := strings.Join(out, "; "); s != want {
				h.t.Errorf("%s: %s, want %s", who, s, want)
			}
		}
		names("operator", operator, Asked{}, "createFlag deprecated; listMembers deprecated [harbour ERP 7] [alder  3]")
		names("administrator", h.ben, Asked{Account: h.harbour.ID.String()}, "createFlag deprecated; listMembers deprecated [harbour ERP 7]")
		_, err := h.Retiring(ctx, h.ben, Asked{})
		h.code("everybody's", err, "usage_scope")
		_, err = h.Retiring(ctx, h.ben, Asked{Account: h.alder.ID.String()})
		h.code("another's", err, "not_found")
		all, err := h.Retiring(ctx, operator, Asked{})
		h.ok(err)
		if !all[0].Since.Equal(noticed.Truncate(time.Microsecond)) || all[1].Replacement == nil || all[1].Replacement.Path != "/flags" {
			h.t.Errorf("%+v", all)
		}
		told := func(want int) {
			h.t.Helper()
			h.ok(h.Remind(ctx))
			h.ok(h.Remind(ctx))
			if n := len(h.inbox("catalog.ending")); n != want {
				h.t.Errorf("%d reminders, want %d", n, want)
			}
		}
		told(1) // 30 days before the end
		h.clock.Advance(24 * 24 * time.Hour)
		told(2) // 7 days
		h.clock.Advance(6 * 24 * time.Hour)
		told(3) // 1 day
		h.clock.Advance(48 * time.Hour)
		told(3)
		names("after the end", operator, Asked{}, "createFlag deprecated; listMembers removed")
	})
}
