package pennant

import (
	"errors"
	"fmt"
	"net/http"
)

const kindState = "state"

// FlagStateFields are what a caller may set.
type FlagStateFields struct {
	On bool `json:"on"`
	// Rules are tried in order while the flag is on; the first that fits counts.
	Rules []Rule `json:"rules,omitempty"`
	// Fallthrough is the variation for those whom no rule fits, OffVariation that for everybody while the flag is off.
	Fallthrough  int `json:"fallthrough"`
	OffVariation int `json:"off_variation"`
}

// FlagState is what a flag does in one environment.
type FlagState struct {
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Flag        string `json:"flag"`
	FlagStateFields
	Meta
}

func (s *FlagState) place() place {
	return place{kind: kindState, parent: kindProject + "/" + s.Project + ":" + kindEnvironment + "/" + s.Environment, key: s.Flag}
}

// highest is the largest variation that the state refers to.
func (s *FlagState) highest() int {
	n := max(s.Fallthrough, s.OffVariation)
	for _, r := range s.Rules {
		n = max(n, r.Variation)
	}
	return n
}

func (s *FlagState) check(in *scope, bad *check) error {
	f, err := get[Flag](in, place{kind: kindFlag, parent: kindProject + "/" + s.Project, key: s.Flag})
	if err != nil {
		return err
	}
	known := func(n int, at string) {
		bad.must(n >= 0 && n < len(f.Variations), at, "The flag has no variation with this index.")
	}
	known(s.Fallthrough, "/fallthrough")
	known(s.OffVariation, "/off_variation")
	bad.must(len(s.Rules) <= 20, "/rules", "There may be 20 rules.")
	for i, r := range s.Rules {
		at := fmt.Sprintf("/rules/%d", i)
		known(r.Variation, at+"/variation")
		bad.must(len(r.Description) <= 256, at+"/description", "A description has at most 256 bytes.")
		checkClauses(bad, at+"/clauses", r.Clauses)
		if err := s.checkSegments(in, bad, at, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *FlagState) checkSegments(in *scope, bad *check, at string, r Rule) error {
	for i, c := range r.Clauses {
		if c.Op != opSegment {
			continue
		}
		for j, key := range c.Values {
			_, err := get[Segment](in, place{kind: kindSegment, parent: s.place().parent, key: key})
			if isNotFound(err) {
				bad.must(false, fmt.Sprintf("%s/clauses/%d/values/%d", at, i, j), "The environment has no segment with this key.")
				continue
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func isNotFound(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.Status == http.StatusNotFound
}

func statePlace(c *call) place {
	return place{kind: kindState, parent: environmentPlace(c).path(), key: c.param("flagKey")}
}

func listFlagStates(c *call) (reply, error) {
	if err := parent[Environment](c.read(), environmentPlace(c)); err != nil {
		return reply{}, err
	}
	return listAt[FlagState](c, place{kind: kindState, parent: environmentPlace(c).path()})
}

func getFlagState(c *call) (reply, error) {
	now := c.read()
	st, err := get[FlagState](now, statePlace(c))
	if err != nil {
		return reply{}, err
	}
	out, err := now.shown(st)
	if err != nil {
		return reply{}, err
	}
	return found(out), nil
}

func updateFlagState(c *call) (reply, error) {
	v, err := get[Environment](c.read(), environmentPlace(c))
	if err != nil {
		return reply{}, err
	}
	if v.ApprovalRequired {
		return hold(c)
	}
	return editAt(c, edit[FlagState, *FlagState]{at: statePlace(c), fields: func(s *FlagState) any { return &s.FlagStateFields },
		check: func(s *scope, st *FlagState, bad *check) error {
			v, err := get[Environment](s, environmentPlace(c))
			if err == nil && v.ApprovalRequired {
				err = conflict("approval_required", "Changes in this environment need an approval from now on. Ask again.")
			}
			if err != nil {
				return err
			}
			return st.check(s, bad)
		},
		after: func(_ *scope, was, is *FlagState) (string, error) {
			return kindOf(was.FlagStateFields, is.FlagStateFields), nil
		}})
}
