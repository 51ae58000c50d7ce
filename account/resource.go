package account

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// ResourceTopic of the change feed: the key is the account's id.
const ResourceTopic = "account.resource"

// ResourceFacts are what the product says about one resource of an account.
type ResourceFacts struct {
	Resource   string          `json:"resource" maxLength:"2000" example:"proj/web:env/production" doc:"Path of the resource, parents first, without facts"`
	Tags       []string        `json:"tags,omitempty" maxItems:"100"`
	Properties map[string]bool `json:"properties,omitempty" maxProperties:"100"`
	Forget     bool            `json:"forget,omitempty" doc:"Nothing is known about it any more"`
}

// ResourcesMost bounds one call.
const ResourcesMost = 1000

// check returns the findings about one entry and the name under which it is kept.
func (f ResourceFacts) check(at string) (string, []problem.Field) {
	r, err := access.ParseResource(f.Resource)
	if err != nil || r.IsZero() {
		return "", []problem.Field{{Pointer: at + "/resource", Code: "resource_invalid", Detail: "Give a path such as proj/web:env/production."}}
	}
	if r.Text() != r.String() {
		return "", []problem.Field{{Pointer: at + "/resource", Code: "resource_invalid", Detail: "Put tags and properties into members of their own."}}
	}
	var out []problem.Field
	for i, t := range f.Tags {
		if t == "" || len(t) > 200 {
			out = append(out, problem.Field{Pointer: at + "/tags/" + strconv.Itoa(i), Code: "tag_invalid", Detail: "1 to 200 bytes."})
		}
	}
	for name := range f.Properties {
		if !word(name) {
			out = append(out, problem.Field{Pointer: at + "/properties", Code: "property_invalid", Detail: "Names have 1 to 100 letters, digits, - and _."})
			break
		}
	}
	return r.String(), out
}

func word(s string) bool {
	odd := strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
	return s != "" && len(s) <= 100 && !odd
}

// facts are the form in which decisions use them.
func (f ResourceFacts) facts() access.Facts {
	out := access.Facts{Known: true, Tags: f.Tags}
	for name, value := range f.Properties {
		out.Properties = append(out.Properties, access.Pair{Name: name, Value: strconv.FormatBool(value)})
	}
	slices.SortFunc(out.Properties, func(a, b access.Pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// PutResources replaces what is known about each of the resources, all or none
// of them. key is the product's key of the account. It leaves one audit entry.
func (s *Service) PutResources(ctx context.Context, by access.Principal, key string, list []ResourceFacts) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.May("resource:sync", access.Platform()); err != nil {
			return err
		}
		if len(list) > ResourcesMost {
			return problem.Invalid("resources_invalid", "At most 1,000 resources in one call.")
		}
		a, err := find(tx, "key = ?", key)
		if err != nil {
			return err
		}
		var findings []problem.Field
		names := make([]string, len(list))
		for i, f := range list {
			name, bad := f.check("/resources/" + strconv.Itoa(i))
			names[i] = name
			findings = append(findings, bad...)
		}
		if len(findings) > 0 {
			return problem.Invalid("resources_invalid", "Some of the resources need another look.", findings...)
		}
		forgotten := 0
		for i, f := range list {
			if f.Forget {
				forgotten++
				err = dropFacts(tx, a.ID, names[i])
			} else {
				err = putFacts(tx, a.ID, names[i], f)
			}
			if err != nil {
				return err
			}
		}
		tx.Changed(ResourceTopic, a.ID.String())
		return s.Audit.Record(tx, by, audit.Change{Action: "account.resources_set", Target: "account/" + a.ID.String(), Name: a.Name, Account: a.ID.String(),
			After: map[string]any{"set": len(list) - forgotten, "forgotten": forgotten}})
	})
}
