package pennant

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/guestright/guestright/client/host"
)

// brought is what an import gives: flags that a customer has elsewhere.
type brought struct {
	Import string `json:"import"`
	Items  []struct {
		Key         string      `json:"key"`
		Name        string      `json:"name"`
		Description string      `json:"description"`
		Tags        []string    `json:"tags"`
		Kind        string      `json:"kind"`
		Variations  []Variation `json:"variations"`
	} `json:"items"`
}

// notMade is a flag that could not be made, and why.
type notMade struct {
	Key    string `json:"key"`
	Detail string `json:"detail"`
}

// bringIn makes the flags that the project has not, switched off everywhere. Those that it has stay as they are, so a task
// that comes twice does no harm.
func (s *Server) bringIn(ctx context.Context, t host.Task) (any, error) {
	var in brought
	project, ok := strings.CutPrefix(t.Subject, kindProject+"/")
	if err := json.Unmarshal(t.Data, &in); err != nil || !ok || strings.Contains(project, ":") {
		return nil, host.Refuse("Flags are brought into a project, such as proj/web.")
	}
	made, there, refused := []string{}, []string{}, []notMade{}
	for _, one := range in.Items {
		f := &Flag{Project: project, Key: flagKey(one.Key), Kind: one.Kind, FlagFields: FlagFields{Name: one.Name, Description: one.Description, Variations: one.Variations, Tags: flagTags(one.Tags)}}
		err := s.store.write(ctx, t.AccountKey, Actor{Kind: "system", Name: "Import"}, func(sc *scope) error {
			if err := parent[Project](sc, place{kind: kindProject, key: project}); err != nil {
				return err
			}
			if _, err := get[Flag](sc, f.place()); err == nil || !isNotFound(err) {
				if err == nil {
					there = append(there, one.Key)
				}
				return err
			}
			if err := sc.addFlag(f); err != nil {
				return err
			}
			made = append(made, one.Key)
			return nil
		})
		var why *failure
		switch {
		case isNotFound(err):
			return nil, host.Refuse("There is no such project.")
		case errors.As(err, &why):
			refused = append(refused, notMade{one.Key, why.Detail})
		case err != nil:
			return nil, err
		}
	}
	return map[string]any{"made": made, "there": there, "refused": refused}, nil
}

// flagKey writes a key as Pennant has them.
func flagKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(key))
}

// flagTags leaves out what is no tag here.
func flagTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		if tagPattern.MatchString(t) && len(out) < 20 {
			out = append(out, t)
		}
	}
	return out
}
