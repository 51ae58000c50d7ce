package demo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// walkMost bounds how many pages one person looks at.
const walkMost = 45

// Every page that a person of the demo can reach by following links is there, speaks in words and
// complains about nothing.
func TestEverybodyFindsTheirWay(t *testing.T) {
	t.Parallel()
	v := newTour(t)
	for _, p := range v.guide.People {
		v.signIn(p.Who)
		v.walk(p.Who)
		v.Goto(v.guide.Console + "/") // the directory, where it may have ended, knows nobody
		v.signOut()
	}
}

// rawAction is an action of the audit log or a kind of notice that nobody has put into words.
var rawAction = regexp.MustCompile(`\bdid: |\b(application|installation|account|group|key|user|session|version|token)\.[a-z]+(_[a-z]+)*\b`)

// namesTypes are the pages on which technical names stand by right: operations and
// types of events are what developers write into their programs.
var namesTypes = regexp.MustCompile(`/(reference|webhooks|deliveries)(/|$)`)

func (v *tour) walk(who string) {
	v.t.Helper()
	next, seen := []string{v.URL()}, map[string]bool{}
	for len(next) > 0 && len(seen) < walkMost {
		at := next[0]
		next = next[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		v.Goto(at)
		text := v.Text("#content")
		if !v.Has("#content h1") || strings.Contains(text, "There is nothing here") || strings.Contains(text, "You may not do that") || strings.Contains(text, "Something went wrong") {
			v.t.Errorf("%s: a link leads to %s, which says:\n%s", who, at, text)
		}
		if raw := rawAction.FindString(text); raw != "" && !namesTypes.MatchString(at) {
			v.t.Errorf("%s: %s says %q", who, at, raw)
		}
		v.Quiet()
		v.Fits()
		v.keep("walk-" + strings.ReplaceAll(who, " ", "-") + regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.TrimPrefix(at, v.guide.Console), "-"))
		found := pagetest.Eval[[]string](v.Browser, `Array.from(document.querySelectorAll("nav a[href], main a[href]")).map((a) => a.href.split("#")[0])`)
		for _, url := range found {
			if !strings.HasPrefix(url, v.guide.Console+"/") || strings.Contains(url, "export") || strings.Contains(url, ".csv") || strings.Contains(url, "?") {
				continue
			}
			// The directory's list stands for its pages, which belong to nobody.
			if strings.Contains(url, "/directory/") {
				continue
			}
			// One operation and one scope stand for all: other tests look at each.
			if strings.Contains(url, "/reference/") && slices.ContainsFunc(next, func(n string) bool { return strings.Contains(n, "/reference/") }) {
				continue
			}
			next = append(next, url)
		}
	}
	if len(seen) < 3 {
		v.t.Errorf("%s sees only %d pages", who, len(seen))
	}
}
