package pennant

import (
	"fmt"
	"slices"
)

const kindSegment = "segment"

// SegmentRule takes in the contexts that fit all of its clauses.
type SegmentRule struct {
	Clauses []Clause `json:"clauses"`
}

// SegmentFields are what a caller may set.
type SegmentFields struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	// Included and Excluded are keys of contexts; exclusion wins, and both win over rules.
	Included []string      `json:"included,omitempty"`
	Excluded []string      `json:"excluded,omitempty"`
	Rules    []SegmentRule `json:"rules,omitempty"`
}

// Segment is a named group of contexts in one environment, for use in the rules of flags.
type Segment struct {
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Key         string `json:"key"`
	SegmentFields
	// Synced says who fills the segment besides; nil: nobody.
	Synced *Synced `json:"synced,omitempty"`
	Meta

	belongs bool // whoever is asked about is among the synced members
}

func (s *Segment) place() place {
	return place{kind: kindSegment, parent: kindProject + "/" + s.Project + ":" + kindEnvironment + "/" + s.Environment, key: s.Key}
}

func (f SegmentFields) check(bad *check) {
	checkName(bad, f.Name, f.Description)
	checkTags(bad, f.Tags)
	checkContexts(bad, "/included", f.Included)
	checkContexts(bad, "/excluded", f.Excluded)
	bad.must(len(f.Rules) <= 20, "/rules", "There may be 20 rules.")
	for i, r := range f.Rules {
		at := fmt.Sprintf("/rules/%d/clauses", i)
		checkClauses(bad, at, r.Clauses)
		for j, c := range r.Clauses {
			bad.must(c.Op != opSegment, fmt.Sprintf("%s/%d/op", at, j), "A segment can't refer to segments.")
		}
	}
}

func checkContexts(bad *check, at string, keys []string) {
	bad.must(len(keys) <= 1000, at, "There may be 1,000 keys.")
	for i, key := range keys {
		bad.must(key != "" && len(key) <= 256, fmt.Sprintf("%s/%d", at, i), "The key of a context has 1 to 256 bytes.")
	}
}

// Holds reports whether the context belongs to the segment: nobody who is excluded, and those who are included, synced
// or fit a rule.
func (g *Segment) Holds(who Context) bool {
	if g.belongs && !slices.Contains(g.Excluded, who.Key) {
		return true
	}
	return g.SegmentFields.Holds(who)
}

// Holds reports whether the context belongs to the segment, by its fields.
func (f SegmentFields) Holds(who Context) bool {
	switch {
	case slices.Contains(f.Excluded, who.Key):
		return false
	case slices.Contains(f.Included, who.Key):
		return true
	}
	return slices.ContainsFunc(f.Rules, func(r SegmentRule) bool {
		return fits(r.Clauses, who, func(string) bool { return false })
	})
}

func segmentPlace(c *call) place {
	return place{kind: kindSegment, parent: environmentPlace(c).path(), key: c.param("segmentKey")}
}

func listSegments(c *call) (reply, error) {
	if err := parent[Environment](c.read(), environmentPlace(c)); err != nil {
		return reply{}, err
	}
	return listAt[Segment](c, place{kind: kindSegment, parent: environmentPlace(c).path()})
}

func createSegment(c *call) (reply, error) {
	var in struct {
		Key string `json:"key"`
		SegmentFields
	}
	if err := c.body(&in); err != nil {
		return reply{}, err
	}
	g := &Segment{Project: c.param("projectKey"), Environment: c.param("environmentKey"), Key: in.Key, SegmentFields: in.SegmentFields}
	err := c.write(func(s *scope) error {
		if err := parent[Environment](s, environmentPlace(c)); err != nil {
			return err
		}
		return s.addSegment(g)
	})
	return created(g, "projects", g.Project, "environments", g.Environment, "segments", g.Key), err
}

func (s *scope) addSegment(g *Segment) error {
	var bad check
	checkKey(&bad, g.Key)
	g.check(&bad)
	if err := bad.err(); err != nil {
		return err
	}
	if err := s.insert(g, conflict("segment_exists", "The environment has a segment with this key.")); err != nil {
		return err
	}
	return s.record(change{kind: "segment.created", resource: g.place().path(), after: g})
}

func getSegment(c *call) (reply, error) { return getAt[Segment](c, segmentPlace(c)) }

func updateSegment(c *call) (reply, error) {
	return editAt(c, edit[Segment, *Segment]{at: segmentPlace(c), event: "segment.updated", fields: func(g *Segment) any { return &g.SegmentFields },
		check: func(_ *scope, g *Segment, bad *check) error {
			g.check(bad)
			return nil
		}})
}

func deleteSegment(c *call) (reply, error) {
	err := c.write(func(s *scope) error {
		g, err := get[Segment](s, segmentPlace(c))
		if err != nil {
			return err
		}
		if err := c.match(g.meta()); err != nil {
			return err
		}
		states, _, err := list[FlagState](s, place{kind: kindState, parent: g.place().parent}, page{})
		if err != nil {
			return err
		}
		for _, st := range states {
			if st.refersTo(g.Key) {
				return conflict("segment_in_use", "The rules of a flag refer to this segment.")
			}
		}
		if err := s.remove(g); err != nil {
			return err
		}
		if err := s.clearMembers(g.place().path()); err != nil {
			return err
		}
		return s.record(change{kind: "segment.deleted", resource: g.place().path(), before: g})
	})
	return removed(), err
}

func (s *FlagState) refersTo(segment string) bool {
	return slices.ContainsFunc(s.Rules, func(r Rule) bool {
		return slices.ContainsFunc(r.Clauses, func(c Clause) bool { return c.Op == opSegment && slices.Contains(c.Values, segment) })
	})
}
