package sandbox

import (
	"encoding/json"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
)

// Sandbox is an account in which a group tries things.
type Sandbox struct {
	ID    account.ID `json:"id"`
	Key   string     `json:"key" doc:"The product's own key of it"`
	Name  string     `json:"name"`
	Group string     `json:"group"`
	// OpenedBy is empty where the product told of the account.
	OpenedBy string `json:"opened_by,omitempty" doc:"The member of the group who made it; absent where the product told of the account"`
	Asked    *Asked `json:"asked,omitempty" doc:"What the product was asked to do with it at last; absent: nothing"`
}

// Resource is how policies name a sandbox.
func Resource(group, id string) access.Resource { return access.On("group", group, "sandbox", id) }

// of tells whether an account is a sandbox of a group.
func of(a account.Account) (Sandbox, bool) {
	return Sandbox{ID: a.ID, Key: a.Key, Name: a.Name, Group: a.Group, OpenedBy: a.OpenedBy}, a.Kind == account.Sandbox && a.Group != "" && a.State == account.Active
}

// Sample is a type of event with an event of it to begin with.
type Sample struct {
	Type        string          `json:"type"`
	Label       string          `json:"label"`
	Description string          `json:"description,omitempty"`
	Version     int             `json:"version" doc:"The newest version of the schema; 0: there is none"`
	Needs       []string        `json:"needs" nullable:"false" doc:"Scopes any of which opens it; empty when every integration receives it"`
	Subject     string          `json:"subject,omitempty" doc:"A resource as its events name it, when they do"`
	Data        json.RawMessage `json:"data" doc:"Data after the schema, to be changed as you need them"`
}

// sample makes an example of a type.
func sample(t event.KnownType, cat *catalog.Catalog, schema map[string]any) (Sample, error) {
	data, err := json.Marshal(catalog.Example(schema))
	out := Sample{Type: t.Type, Label: t.Label, Description: t.Description, Version: t.Version, Needs: t.Needs, Data: data}
	for _, k := range cat.File().Resources {
		if k.Kind == t.Resource {
			out.Subject = named(k.Path)
		}
	}
	return out, err
}

// named fills the variables of a path such as proj/{projectKey}:flag/{flagKey}.
func named(path string) string {
	var out strings.Builder
	for {
		before, rest, more := strings.Cut(path, "{")
		out.WriteString(before)
		if !more {
			return out.String()
		}
		out.WriteString("example")
		_, path, _ = strings.Cut(rest, "}")
	}
}

// Draft is an event to be made up.
type Draft struct {
	Type        string          `json:"type" maxLength:"100" doc:"A type of the catalog" example:"flag.turned_on"`
	Version     int             `json:"version,omitempty" minimum:"0" doc:"Version of the type's schema; the newest when absent"`
	Subject     string          `json:"subject,omitempty" maxLength:"1000" doc:"The resource that it is about"`
	OrderingKey string          `json:"ordering_key,omitempty" maxLength:"200" doc:"Events with one key reach an ordered endpoint one after another"`
	Data        json.RawMessage `json:"data,omitempty" doc:"A JSON object that fits the type's schema; that of listSandboxEventTypes when absent"`
}
