package problem_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

func TestIsComparesCodeThenKind(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("op: %w", problem.Conflict("token.already_retiring", "It is already retiring."))
	if !errors.Is(err, &problem.Error{Code: "token.already_retiring"}) {
		t.Error("same code does not match")
	}
	if !errors.Is(err, &problem.Error{Kind: problem.KindConflict}) {
		t.Error("same kind does not match")
	}
	if errors.Is(err, &problem.Error{Code: "other"}) {
		t.Error("another code matches")
	}
}

// What somebody else says is one line of plain words, and never long.
func TestSaidIsForPeople(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"detail":" No\n such \u0000flag. "}`: "No such flag.", `{"detail":5}`: "", `<html>`: "", ``: "", `{}`: "",
		`{"detail":"` + strings.Repeat("ä", 200) + `"}`: strings.Repeat("ä", 150) + "…",
	} {
		if got := problem.Said([]byte(body)); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
}

func TestForeignErrorsBecomeInternalWithFixedText(t *testing.T) {
	t.Parallel()
	e := problem.Of(errors.New("pq: password is hunter2"))
	if e.Kind != problem.KindInternal || e.Code != "internal" || e.Detail != "Something went wrong on our side." {
		t.Errorf("got %+v", e)
	}
	if problem.Of(nil) != nil {
		t.Error("nil does not stay nil")
	}
}

func TestWithDoesNotChangeTheOriginal(t *testing.T) {
	t.Parallel()
	a := problem.Forbidden("x", "y")
	b := a.With("missing", []string{"s"}).With("granted", 1)
	if a.Extra != nil || len(b.Extra) != 2 {
		t.Errorf("a %v b %v", a.Extra, b.Extra)
	}
}
