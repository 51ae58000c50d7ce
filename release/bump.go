package release

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/guestright/guestright/kit/problem"
)

// Bump says which part of a number must count up (semver.org, sections 6 to 8).
// What customers have installed is public, so this holds for 0.x as well.
type Bump string

// The bumps.
const (
	BumpPatch Bump = "patch"
	BumpMinor Bump = "minor"
	BumpMajor Bump = "major"
)

func (b Bump) rank() int { return slices.Index([]Bump{BumpPatch, BumpMinor, BumpMajor}, b) }

// more is the greater of two bumps.
func more(a, b Bump) Bump {
	return slices.MaxFunc([]Bump{a, b}, func(a, b Bump) int { return cmp.Compare(a.rank(), b.rank()) })
}

// below compares numbers; what is no number stands below all.
func below(a, b string) bool {
	x, okX := parseNumber(a)
	y, okY := parseNumber(b)
	return okY && (!okX || slices.Compare(x[:], y[:]) < 0)
}

// Below reports whether another version has a higher number.
func (v Version) Below(o Version) bool { return below(v.Number, o.Number) }

// between says which part of the number counts up; "" when to is not above from.
func between(from, to string) Bump {
	a, _ := parseNumber(from)
	b, ok := parseNumber(to)
	switch {
	case !ok || slices.Compare(b[:], a[:]) <= 0:
		return ""
	case b[0] > a[0]:
		return BumpMajor
	case b[1] > a[1]:
		return BumpMinor
	}
	return BumpPatch
}

// next is the least number that counts up as b says.
func next(from string, b Bump) string {
	n, _ := parseNumber(from)
	switch b {
	case BumpMajor:
		n = [3]int{n[0] + 1, 0, 0}
	case BumpMinor:
		n = [3]int{n[0], n[1] + 1, 0}
	default:
		n[2]++
	}
	return strconv.Itoa(n[0]) + "." + strconv.Itoa(n[1]) + "." + strconv.Itoa(n[2])
}

// checkBump refuses a number that promises less change than there is. Error:
// Invalid `version_bump`, with what forces more (row H28).
func (d Diff) checkBump() error {
	is := between(d.From, d.To)
	if is != "" && is.rank() >= d.Bump.rank() {
		return nil
	}
	forced := d.forcing()
	said := "Number it " + d.Least + " or higher: after " + d.From + " this is a " + string(d.Bump) + " change."
	if len(forced) > 0 {
		said += " " + forced[0]
	}
	return problem.Invalid("version_bump", "The number must count up further than this, so that customers see what they get.",
		problem.Field{Pointer: "/number", Code: "bump", Detail: said}).With("least", d.Least).With("bump", string(d.Bump)).With("forced_by", forced)
}

// Major reports whether the first part of the number counts up.
func (d Diff) Major() bool { return between(d.From, d.To) == BumpMajor }

// forcing are the differences that make the bump what it is, in words.
func (d Diff) forcing() []string {
	out := []string{}
	for _, i := range d.Items {
		if i.Bump == d.Bump && d.Bump != BumpPatch {
			out = append(out, i.Text)
		}
	}
	return out
}

// predecessor is what a version is compared with: the released version with the
// next lower number, else the lowest one that was released. false: it is the first.
func predecessor(all []Version, v Version) (Version, bool) {
	var lower, above Version
	for _, o := range all {
		if o.ID == v.ID || o.Released.IsZero() {
			continue
		}
		if below(o.Number, v.Number) {
			if lower.ID.IsZero() || below(lower.Number, o.Number) {
				lower = o
			}
		} else if above.ID.IsZero() || below(o.Number, above.Number) {
			above = o
		}
	}
	if !lower.ID.IsZero() {
		return lower, true
	}
	return above, !above.ID.IsZero()
}
