package resourcelink

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// Name is what a package calls it.
const Name = "resourceLink"

// Actions of this slice.
const (
	ActionView   = "link:view"
	ActionManage = "link:manage"
)

// Limits of links.
const (
	Most         = 100 // of one resource and integration
	resourceMost = 500
	keyMost      = 200
	titleMost    = 300
	textMost     = 4000 // of a description and of a metadata value
)

// ID identifies a Link.
type ID = ident.ID[Link]

// Link leads from a resource of the product to something of a partner's.
type Link struct {
	ID           ID                `json:"id"`
	Account      string            `json:"account"`
	Application  string            `json:"application,omitempty" doc:"Absent for a plain link"`
	Installation string            `json:"installation,omitempty"`
	Resource     string            `json:"resource"`
	Key          string            `json:"key" doc:"Writing the same key again replaces the link"`
	DeepLink     string            `json:"deep_link"`
	Title        string            `json:"title,omitempty"`
	Description  string            `json:"description,omitempty"`
	Metadata     map[string]string `json:"metadata"`
	Timestamp    time.Time         `json:"timestamp" doc:"When it happened at the partner's"`
	CreatedBy    string            `json:"created_by"`
	Created      time.Time         `json:"created"`
	Updated      time.Time         `json:"updated"`

	configuration string
}

// IDPrefix implements ident.Named.
func (Link) IDPrefix() string { return "lnk" }

// Draft is a link to be written.
type Draft struct {
	Account       string            `json:"account,omitempty" maxLength:"60" doc:"Id of the account; for a plain link of an administrator"`
	Configuration string            `json:"configuration,omitempty" maxLength:"60" doc:"Id of the integration's configuration; the first that works when an integration leaves it out"`
	Resource      string            `json:"resource" maxLength:"500" example:"proj/web:env/production:flag/night-light"`
	DeepLink      string            `json:"deep_link" maxLength:"2048" doc:"http or https"`
	Key           string            `json:"key,omitempty" maxLength:"200" doc:"The integration's own name of it; made of deep_link when absent"`
	Title         string            `json:"title,omitempty" maxLength:"300"`
	Description   string            `json:"description,omitempty" maxLength:"4000" doc:"Markdown"`
	Metadata      map[string]string `json:"metadata,omitempty" doc:"Only what the package declares"`
	Timestamp     *time.Time        `json:"timestamp,omitempty" doc:"Now when absent"`
}

// Patch changes the parts that are there.
type Patch struct {
	DeepLink    *string           `json:"deep_link,omitempty" maxLength:"2048"`
	Title       *string           `json:"title,omitempty" maxLength:"300"`
	Description *string           `json:"description,omitempty" maxLength:"4000"`
	Metadata    map[string]string `json:"metadata,omitempty" doc:"In place of what there is"`
	Timestamp   *time.Time        `json:"timestamp,omitempty"`
}

func (l *Link) apply(p Patch) {
	for _, one := range []struct{ to, from *string }{{&l.DeepLink, p.DeepLink}, {&l.Title, p.Title}, {&l.Description, p.Description}} {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	if p.Metadata != nil {
		l.Metadata = p.Metadata
	}
	if p.Timestamp != nil {
		l.Timestamp = p.Timestamp.UTC().Truncate(time.Microsecond)
	}
}

// keyOf names a link that has no key by where it leads.
func keyOf(deepLink string) string {
	sum := sha256.Sum256([]byte(deepLink))
	return hex.EncodeToString(sum[:16])
}

// on reports whether an integration links resources of a kind.
func on(r *manifest.ResourceLink, kind string) bool {
	return len(r.On) == 0 || slices.Contains(r.On, kind)
}

// check says what is wrong; r is nil for a plain link.
func (l *Link) check(r *manifest.ResourceLink) []problem.Field {
	var out []problem.Field
	bad := func(at, code, detail string) {
		out = append(out, problem.Field{Pointer: at, Code: code, Detail: detail})
	}
	switch res, err := access.ParseResource(l.Resource); {
	case err != nil || len(l.Resource) > resourceMost:
		bad("/resource", "malformed", "Name the resource as kind/key, with what it lies in before it.")
	case r != nil && !on(r, res.Kind()):
		bad("/resource", "kind", "The integration does not link resources of this kind.")
	}
	if to, ok := capability.WebAddress(l.DeepLink); ok {
		l.DeepLink = to
	} else {
		bad("/deep_link", "url", "It must be an absolute http or https URL.")
	}
	for at, one := range map[string]struct {
		text string
		most int
	}{"/key": {l.Key, keyMost}, "/title": {l.Title, titleMost}, "/description": {l.Description, textMost}} {
		if utf8.RuneCountInString(one.text) > one.most {
			bad(at, "too_long", "It is too long.")
		}
	}
	for key, v := range l.Metadata {
		at := "/metadata/" + key
		var field manifest.LinkField
		declared := false
		if r != nil {
			field, declared = r.Metadata[key]
		}
		if !declared {
			bad(at, "undeclared", "The package does not declare it.")
			continue
		}
		if utf8.RuneCountInString(v) > textMost {
			bad(at, "too_long", "It is too long.")
		}
		if _, ok := capability.WebAddress(v); v != "" && field.Type == "uri" && !ok {
			bad(at, "url", "It must be an absolute http or https URL.")
		}
	}
	slices.SortFunc(out, func(a, b problem.Field) int {
		if a.Pointer < b.Pointer {
			return -1
		}
		return 1
	})
	return out
}
