package pennant

import (
	"fmt"
	"math"
)

const kindFlag = "flag"

// Variation is one of the values that a flag may have.
type Variation struct {
	Name  string `json:"name,omitempty"`
	Value any    `json:"value"`
}

// FlagFields are what a caller may set.
type FlagFields struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Variations  []Variation `json:"variations"`
	Tags        []string    `json:"tags,omitempty"`
	// Temporary flags are meant to be removed once what they guard is everywhere.
	Temporary bool `json:"temporary"`
	// Maintainer is the key of the member who answers for the flag.
	Maintainer string `json:"maintainer,omitempty"`
}

// Flag is a switch in the code of a project.
type Flag struct {
	Project string `json:"project"`
	Key     string `json:"key"`
	// Kind is what all variations are: boolean, text or number. It never changes.
	Kind string `json:"kind"`
	FlagFields
	Meta
}

func (f *Flag) place() place {
	return place{kind: kindFlag, parent: kindProject + "/" + f.Project, key: f.Key}
}

// off is the state of a flag that nobody has touched: off, and the last variation stands for off.
func (f *Flag) off(environment string) *FlagState {
	return &FlagState{Project: f.Project, Environment: environment, Flag: f.Key,
		FlagStateFields: FlagStateFields{OffVariation: len(f.Variations) - 1}}
}

func (f *Flag) check(s *scope, bad *check) error {
	checkName(bad, f.Name, f.Description)
	checkTags(bad, f.Tags)
	bad.must(f.Kind == "boolean" || f.Kind == "text" || f.Kind == "number", "/kind", "kind is boolean, text or number.")
	bad.must(len(f.Variations) >= 2 && len(f.Variations) <= 20, "/variations", "A flag has 2 to 20 variations.")
	for i, v := range f.Variations {
		at := fmt.Sprintf("/variations/%d", i)
		bad.must(len(v.Name) <= 120, at+"/name", "A name has at most 120 bytes.")
		if !isKind(f.Kind, v.Value) {
			bad.must(false, at+"/value", "The value isn't of the flag's kind.")
			continue // lists and objects can't be compared either
		}
		for _, other := range f.Variations[:i] {
			bad.must(!isKind(f.Kind, other.Value) || other.Value != v.Value, at+"/value", "Another variation has this value.")
		}
	}
	if f.Maintainer == "" {
		return nil
	}
	_, err := get[Member](s, place{kind: kindMember, key: f.Maintainer})
	if isNotFound(err) {
		bad.must(false, "/maintainer", "No member has this key.")
		return nil
	}
	return err
}

func isKind(kind string, value any) bool {
	switch v := value.(type) {
	case bool:
		return kind == "boolean"
	case string:
		return kind == "text" && len(v) <= 4096
	case float64:
		return kind == "number" && !math.IsInf(v, 0)
	}
	return false
}

func flagPlace(c *call) place {
	return place{kind: kindFlag, parent: projectPlace(c).path(), key: c.param("flagKey")}
}

func listFlags(c *call) (reply, error) {
	if err := parent[Project](c.read(), projectPlace(c)); err != nil {
		return reply{}, err
	}
	return listAt[Flag](c, place{kind: kindFlag, parent: projectPlace(c).path()})
}

func createFlag(c *call) (reply, error) {
	var in struct {
		Key  string `json:"key"`
		Kind string `json:"kind"`
		FlagFields
	}
	if err := c.body(&in); err != nil {
		return reply{}, err
	}
	if in.Kind == "boolean" && in.Variations == nil {
		in.Variations = onOff()
	}
	f := &Flag{Project: c.param("projectKey"), Key: in.Key, Kind: in.Kind, FlagFields: in.FlagFields}
	err := c.write(func(s *scope) error {
		if err := parent[Project](s, projectPlace(c)); err != nil {
			return err
		}
		return s.addFlag(f)
	})
	return created(f, "projects", f.Project, "flags", f.Key), err
}

func onOff() []Variation {
	return []Variation{{Name: "On", Value: true}, {Name: "Off", Value: false}}
}

// addFlag adds it, switched off in every environment of its project.
func (s *scope) addFlag(f *Flag) error {
	var bad check
	checkKey(&bad, f.Key)
	if err := f.check(s, &bad); err != nil {
		return err
	}
	if err := bad.err(); err != nil {
		return err
	}
	if err := s.insert(f, conflict("flag_exists", "The project has a flag with this key.")); err != nil {
		return err
	}
	environments, _, err := list[Environment](s, place{kind: kindEnvironment, parent: f.place().parent}, page{})
	if err != nil {
		return err
	}
	for _, e := range environments {
		if err := s.insert(f.off(e.Key), conflict("flag_exists", "The flag has a state here already.")); err != nil {
			return err
		}
	}
	return s.record(change{kind: "flag.created", resource: f.place().path(), after: f})
}

func getFlag(c *call) (reply, error) { return getAt[Flag](c, flagPlace(c)) }

func updateFlag(c *call) (reply, error) {
	return editAt(c, edit[Flag, *Flag]{at: flagPlace(c), event: "flag.updated", fields: func(f *Flag) any { return &f.FlagFields },
		check: func(s *scope, f *Flag, bad *check) error {
			if err := f.check(s, bad); err != nil {
				return err
			}
			return s.variationsUsed(f)
		}})
}

// variationsUsed refuses to take away a variation that an environment still gives out.
func (s *scope) variationsUsed(f *Flag) error {
	states, err := s.states(f)
	if err != nil {
		return err
	}
	for _, st := range states {
		if st.highest() >= len(f.Variations) {
			return conflict("variation_in_use", "An environment still uses a variation that this change would remove.")
		}
	}
	return nil
}

// states answers the state of a flag in every environment of its project.
func (s *scope) states(f *Flag) ([]*FlagState, error) {
	environments, _, err := list[Environment](s, place{kind: kindEnvironment, parent: f.place().parent}, page{})
	if err != nil {
		return nil, err
	}
	var all []*FlagState
	for _, e := range environments {
		st, err := get[FlagState](s, f.off(e.Key).place())
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}

func deleteFlag(c *call) (reply, error) {
	err := c.write(func(s *scope) error {
		f, err := get[Flag](s, flagPlace(c))
		if err != nil {
			return err
		}
		if err := c.match(f.meta()); err != nil {
			return err
		}
		states, err := s.states(f)
		if err != nil {
			return err
		}
		for _, st := range states {
			if err := s.remove(st); err != nil {
				return err
			}
		}
		if err := s.remove(f); err != nil {
			return err
		}
		return s.record(change{kind: "flag.deleted", resource: f.place().path(), before: f})
	})
	return removed(), err
}
