package identity

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestCanonicalAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ada@example.com":             "ada@example.com",
		"  Ada.Ferro@Example.COM ":    "ada.ferro@example.com",
		"a+b_c@sub.example.co":        "a+b_c@sub.example.co",
		"o'neill@xn--mnchen-3ya.de":   "o'neill@xn--mnchen-3ya.de",
		"root@localhost":              "root@localhost",
		"":                            "",
		"ada":                         "",
		"@example.com":                "",
		"ada@":                        "",
		"ada@@example.com":            "",
		"ada@exa mple.com":            "",
		"ada@example..com":            "",
		"ada@-example.com":            "",
		"a b@example.com":             "",
		"\"a\"@example.com":           "",
		"ada@example.com\r\nBcc: x@y": "",
		"\u212Aelvin@example.com":     "", // KELVIN SIGN, whose lower case is k
		"аda@example.com":             "", // Cyrillic a
		"ada@exämple.com":             "",
		"ada@[127.0.0.1]":             "",
		"ada,bob@example.com":         "",
		"<ada@example.com>":           "",
	} {
		got, ok := Canonical(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
	if _, ok := Canonical(strings.Repeat("a", 65) + "@example.com"); ok {
		t.Error("a local part of 65 characters")
	}
	if _, ok := Canonical("a@" + strings.Repeat("abcdefghi.", 26) + "com"); ok {
		t.Error("an address of 265 characters")
	}
}

func TestPaceGrowsIsCappedAndForgets(t *testing.T) {
	t.Parallel()
	p := Pace{Free: 3, First: 2 * time.Second, Most: 10 * time.Second, Forget: time.Hour}
	a, now := attempts{}, noon
	var err error
	for i, want := range []time.Duration{0, 0, 2, 4, 8, 10, 10} {
		if a, err = p.take(a, now); err != nil {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
		if got := a.Next.Sub(now); got != want*time.Second {
			t.Errorf("after attempt %d: wait %v, want %v s", i+1, got, want)
		}
		if want > 0 {
			early, err := p.take(a, now.Add(want*time.Second-1))
			if e := problem.Of(err); e == nil || e.Kind != problem.KindLimited || e.After != 1 || early != a {
				t.Errorf("too early: %+v %v", early, err)
			}
		}
		now = a.Next
	}
	back := p.giveBack(attempts{Count: 3, Next: now.Add(time.Hour)}, now)
	if back.Count != 2 || !back.Next.Equal(now) {
		t.Errorf("given back: %+v", back)
	}
	if got := p.giveBack(attempts{}, now); got.Count != 0 {
		t.Errorf("less than none: %+v", got)
	}
	if a, err = p.take(a, a.Last.Add(time.Hour)); err != nil || a.Count != 1 {
		t.Errorf("not forgotten: %+v %v", a, err)
	}
	if p.wait(1<<20) != p.Most {
		t.Error("the wait overflows")
	}
}

func TestRolesLost(t *testing.T) {
	t.Parallel()
	was := roles{"group/g": "admin", "account/a": "member"}
	for name, c := range map[string]struct {
		now  roles
		lost bool
	}{
		"same":     {roles{"group/g": "admin", "account/a": "member"}, false},
		"more":     {roles{"group/g": "admin", "account/a": "member", "group/h": "owner"}, false},
		"raised":   {roles{"group/g": "owner", "account/a": "admin"}, false},
		"gone":     {roles{"group/g": "admin"}, true},
		"lowered":  {roles{"group/g": "member", "account/a": "member"}, true},
		"replaced": {roles{"group/g": "admin", "account/a": "auditor"}, true},
		"none":     {nil, true},
	} {
		if got := was.lost(c.now); got != c.lost {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (roles)(nil).lost(was) || (roles{"platform": "operator"}).lost(roles{"platform": "operator"}) {
		t.Error("lost without losing")
	}
}

func TestSessionLife(t *testing.T) {
	t.Parallel()
	l := Lifetimes{}.orDefault()
	s := Session{ID: ident.New[Session](noon), Created: noon, Seen: noon, Authenticated: noon}
	for after, want := range map[time.Duration]bool{0: true, 29 * time.Minute: true, 30 * time.Minute: false} {
		if s.live(noon.Add(after), l) != want {
			t.Errorf("idle %v", after)
		}
	}
	busy := s
	busy.Seen = noon.Add(12*time.Hour - time.Minute)
	if !busy.live(noon.Add(12*time.Hour-1), l) || busy.live(noon.Add(12*time.Hour), l) {
		t.Error("the absolute end")
	}
	if !s.Fresh(noon.Add(time.Minute), time.Hour) || s.Fresh(noon.Add(time.Hour), time.Hour) || (Session{}).Fresh(noon, time.Hour) {
		t.Error("freshness")
	}
}

func TestStepsMatchOnce(t *testing.T) {
	t.Parallel()
	const base32 = "JBSWY3DPEHPK3PXP"
	code, err := totp.GenerateCode(base32, noon)
	if err != nil {
		t.Fatal(err)
	}
	at := noon.Unix() / 30
	for name, c := range map[string]struct {
		now  time.Time
		used int64
		ok   bool
	}{
		"now":           {noon, 0, true},
		"a step late":   {noon.Add(30 * time.Second), 0, true},
		"a step early":  {noon.Add(-30 * time.Second), 0, true},
		"too late":      {noon.Add(61 * time.Second), 0, false},
		"used":          {noon, at, false},
		"a later used":  {noon, at + 1, false},
		"earlier used":  {noon, at - 1, true},
		"much too late": {noon.Add(time.Hour), 0, false},
	} {
		step, ok := matchStep(base32, code, c.now, c.used)
		if ok != c.ok || ok && step != at {
			t.Errorf("%s: %d %v", name, step, ok)
		}
	}
	if _, ok := matchStep("not base32!", code, noon, 0); ok {
		t.Error("a broken secret matches")
	}
}

func TestRecoveryCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	codes := newRecovery()
	seen := map[string]bool{}
	for _, c := range codes {
		plain, ok := plainRecovery(c.Reveal())
		if !ok || seen[plain] || len(c.Reveal()) != 19 {
			t.Errorf("a bad code of length %d", len(c.Reveal()))
		}
		seen[plain] = true
	}
	if got, ok := plainRecovery(" O1IL-abcd efgh-JKMN "); !ok || got != "0111abcdefghjkmn" {
		t.Errorf("typed: %q %v", got, ok)
	}
	for _, bad := range []string{"", "123456", "uuuu-uuuu-uuuu-uuuu", "0111-abcd-efgh-jkm", "0111-abcd-efgh-jkmn-p"} {
		if _, ok := plainRecovery(bad); ok {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestSmallRules(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/apps?x=1": "/apps?x=1", "/": "/", "": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/", "/a\nb": "/", "apps": "/",
		"/" + strings.Repeat("a", 2000): "/",
	} {
		if got := localPath(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	for d, want := range map[time.Duration]string{24 * time.Hour: "24 hours", time.Hour: "one hour", 20 * 24 * time.Hour: "20 days", 15 * time.Minute: "15 minutes", time.Minute: "one minute"} {
		if got := period(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
	raw := newSecret()
	if !wellFormed(raw.Reveal()) || wellFormed(raw.Reveal()+"x") || wellFormed("") || wellFormed(strings.Repeat("!", secretLength)) {
		t.Error("wellFormed")
	}
	if !strings.HasPrefix(LinkVerify.address("https://hub.example.com/", secret.New("s")), "https://hub.example.com/verify?link=s") {
		t.Error("the address of a link")
	}
	if got := shortened("ok\x00\n\xff" + strings.Repeat("é", 300)); len([]rune(got)) != agentMost || strings.ContainsAny(got, "\x00\n") {
		t.Errorf("agent: %q", got)
	}
}

func TestDeletionOfAPersonInWords(t *testing.T) {
	t.Parallel()
	u := User{ID: ident.New[User](noon), Email: "ada@example.com", Name: "Ada", Company: "C", ProductKey: "k", password: "p", State: Active, Operator: true, Created: noon}
	if err := u.requestDeletion(noon, time.Hour); err != nil || u.State != DeletionRequested || !u.DeletionDue.Equal(noon.Add(time.Hour)) {
		t.Fatalf("%v %+v", err, u)
	}
	if err := u.requestDeletion(noon, time.Hour); problem.CodeOf(err) != "deletion_impossible" {
		t.Errorf("twice: %v", err)
	}
	if !u.returnHome() || u.returnHome() || u.State != Active || !u.DeletionDue.IsZero() {
		t.Errorf("back: %+v", u)
	}
	u.erase()
	if u != (User{ID: u.ID, Email: "deleted:" + u.ID.String(), Name: "Deleted user", State: Deleted, Created: noon}) {
		t.Errorf("erased: %+v", u)
	}
	if _, ok := Canonical(u.Email); ok {
		t.Error("a deleted person's address can be typed")
	}
}
