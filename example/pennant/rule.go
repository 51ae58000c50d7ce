package pennant

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var (
	keyPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	tagPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

const (
	opIn         = "in"
	opStartsWith = "starts_with"
	opEndsWith   = "ends_with"
	opContains   = "contains"
	opSegment    = "in_segment"
)

// Clause is one condition on the context that a flag is evaluated for. It holds when any of its values does.
type Clause struct {
	// Attribute is "key" or the name of an attribute; empty for in_segment.
	Attribute string   `json:"attribute,omitempty"`
	Op        string   `json:"op"`
	Values    []string `json:"values"`
	Negate    bool     `json:"negate,omitempty"`
}

// Rule gives a variation to the contexts that fit all of its clauses.
type Rule struct {
	Description string   `json:"description,omitempty"`
	Clauses     []Clause `json:"clauses"`
	Variation   int      `json:"variation"`
}

func checkKey(c *check, key string) {
	c.must(keyPattern.MatchString(key), "/key", "A key has 1 to 64 small letters, digits, dots, dashes and underscores.")
}

func checkName(c *check, name, description string) {
	c.must(strings.TrimSpace(name) != "" && len(name) <= 120, "/name", "A name has 1 to 120 bytes.")
	c.must(len(description) <= 2000, "/description", "A description has at most 2,000 bytes.")
}

func checkTags(c *check, tags []string) {
	c.must(len(tags) <= 20, "/tags", "There may be 20 tags.")
	for i, tag := range tags {
		c.must(tagPattern.MatchString(tag), fmt.Sprintf("/tags/%d", i), "A tag has 1 to 64 letters, digits, dots, dashes and underscores.")
	}
}

func checkClauses(c *check, at string, clauses []Clause) {
	c.must(len(clauses) >= 1 && len(clauses) <= 10, at, "A rule has 1 to 10 clauses.")
	for i, one := range clauses {
		here := fmt.Sprintf("%s/%d", at, i)
		c.must(slices.Contains([]string{opIn, opStartsWith, opEndsWith, opContains, opSegment}, one.Op), here+"/op",
			"op is one of in, starts_with, ends_with, contains, in_segment.")
		c.must((one.Attribute == "") == (one.Op == opSegment) && len(one.Attribute) <= 64, here+"/attribute",
			"An attribute of at most 64 bytes is named, except for in_segment.")
		c.must(len(one.Values) >= 1 && len(one.Values) <= 100, here+"/values", "A clause has 1 to 100 values.")
		for j, value := range one.Values {
			c.must(value != "" && len(value) <= 256, fmt.Sprintf("%s/values/%d", here, j), "A value has 1 to 256 bytes.")
		}
	}
}

// Context is whom a flag is evaluated for.
type Context struct {
	Key        string            `json:"key"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// fits reports whether all clauses hold. within answers for segments.
func fits(clauses []Clause, who Context, within func(segment string) bool) bool {
	for _, c := range clauses {
		if slices.ContainsFunc(c.Values, func(v string) bool { return holds(c, v, who, within) }) == c.Negate {
			return false
		}
	}
	return true
}

func holds(c Clause, value string, who Context, within func(string) bool) bool {
	has, known := who.Attributes[c.Attribute]
	if c.Attribute == "key" {
		has, known = who.Key, true
	}
	switch c.Op {
	case opSegment:
		return within(value)
	case opIn:
		return known && has == value
	case opStartsWith:
		return known && strings.HasPrefix(has, value)
	case opEndsWith:
		return known && strings.HasSuffix(has, value)
	case opContains:
		return known && strings.Contains(has, value)
	}
	return false
}

// reset empties what a pointer points at, so that members a patch removed don't survive.
func reset(v any) { reflect.ValueOf(v).Elem().SetZero() }
