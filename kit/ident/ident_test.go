package ident_test

import (
	"errors"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

type thing struct{}

func (thing) IDPrefix() string { return "thg" }

func TestNewIsOrderedByTimeAndParses(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	last := ""
	for i := range 50 {
		id := ident.New[thing](at.Add(time.Duration(i) * time.Millisecond))
		if id.String() <= last {
			t.Fatalf("%s does not follow %s", id, last)
		}
		last = id.String()
		back, err := ident.Parse[thing](id.String())
		if err != nil || back != id {
			t.Fatalf("Parse(%s) = %v, %v", id, back, err)
		}
	}
}

func TestParseRefusesLikeAbsent(t *testing.T) {
	t.Parallel()
	good := ident.New[thing](time.UnixMilli(0)).String()
	for _, s := range []string{"", "thg_", "app_" + good[4:], good[:len(good)-1], good + "0", "thg_" + "zzzzzzzzzzzzzzzzzzzzzzzzzz", "thg_" + "0000000000000000000000000U"} {
		_, err := ident.Parse[thing](s)
		if !errors.Is(err, &problem.Error{Kind: problem.KindNotFound}) {
			t.Errorf("Parse(%q) = %v, want not found", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("thg_01jd3w2q9v8c7b6n5m4k3h2g1f")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ident.Parse[thing](s)
		if err == nil && id.String() != s {
			t.Fatalf("Parse(%q) kept %q", s, id)
		}
	})
}

func TestBytesAreTheWholeName(t *testing.T) {
	t.Parallel()
	for range 100 {
		id := ident.New[thing](time.Now())
		if back := ident.FromBytes[thing](id.Bytes()); back != id {
			t.Fatalf("%s came back as %s", id, back)
		}
	}
	if back := ident.FromBytes[thing](ident.ID[thing]{}.Bytes()); !back.IsZero() {
		t.Errorf("absent came back as %q", back)
	}
	if highest := ident.Must[thing]("thg_7zzzzzzzzzzzzzzzzzzzzzzzzz"); ident.FromBytes[thing](highest.Bytes()) != highest {
		t.Error("the highest name does not come back")
	}
}

func TestNumberedNamesItsNumber(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123)
	for _, n := range []int64{0, 1, 4711, 1<<62 - 1} {
		id := ident.Numbered[thing](n, at)
		if id.Number() != n || !id.Time().Equal(at) || id == ident.Numbered[thing](n, at.Add(time.Millisecond)) {
			t.Errorf("%d: %s is %d of %s", n, id, id.Number(), id.Time())
		}
		if back, err := ident.Parse[thing](id.String()); err != nil || back != id {
			t.Errorf("%d: %s, %v", n, back, err)
		}
	}
}
