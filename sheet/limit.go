package sheet

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/quota"
)

// limits puts the limits of a plan into words.
func limits(p quota.Plan) []Limit {
	out := []Limit{}
	for i := range p.Limits {
		l := &p.Limits[i]
		out = append(out, Limit{Name: l.Name, Calls: l.Calls, Per: period(l), Scope: string(l.Scope)})
	}
	return out
}

func period(l *quota.Limit) string {
	if l.Shape == quota.ShapeMonth {
		return "calendar month"
	}
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if l.Per >= unit.of && l.Per%unit.of == 0 {
			return count(int64(l.Per/unit.of), unit.name)
		}
	}
	return l.Per.String()
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// shared says in words who shares a limit.
func (l Limit) shared() string {
	switch quota.Scope(l.Scope) {
	case quota.ScopeApplication:
		return "this application at all customers together"
	case quota.ScopeAccount:
		return "this application at one customer"
	case quota.ScopeKey:
		return "one key of the application"
	}
	return "all applications of the developer together"
}

// Text is the limit as a sentence.
func (l Limit) Text() string {
	return grouped(l.Calls) + " calls in " + l.Per + " for " + l.shared()
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
