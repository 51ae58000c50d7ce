package membership

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest/members"
)

// Name is what a package calls the capability.
const Name = "membershipSync"

// ActionView is needed to read cohorts and who belongs to them.
const ActionView = "cohort:view"

// ID identifies a Cohort.
type ID = ident.ID[Cohort]

// Cohort is an audience of a partner, as it is in one place of the product.
type Cohort struct {
	ID            ID        `json:"id"`
	Account       string    `json:"account"`
	Configuration string    `json:"configuration" doc:"That filled it last"`
	Integration   string    `json:"integration" doc:"Key of the integration"`
	Place         string    `json:"place" doc:"The resource that it is in, such as proj/web:env/production"`
	Subject       string    `json:"subject" doc:"The resource that it is in the product"`
	Key           string    `json:"key" doc:"Last name of that resource"`
	PartnerID     string    `json:"partner_id" doc:"Of the audience, at the partner's"`
	Name          string    `json:"name"`
	URL           string    `json:"url,omitempty" doc:"Of the audience, at the partner's"`
	SubjectKind   string    `json:"subject_kind" doc:"What members are; user where nobody said"`
	Version       int64     `json:"version" doc:"Rises with each change"`
	Members       int64     `json:"members" doc:"How many there are"`
	Created       time.Time `json:"created"`
	Changed       time.Time `json:"changed"`

	installation, application string
	kind                      string
	writer                    string
	until                     time.Time
}

// IDPrefix implements ident.Named.
func (Cohort) IDPrefix() string { return "coh" }

// Resource is what rights on a cohort are about.
func (c Cohort) Resource() access.Resource {
	return account.Resource(c.Account).Child("cohort", c.ID.String())
}

// Member is whether somebody belongs.
type Member struct {
	ID string `json:"id"`
	In bool   `json:"in"`

	version int64
}

// Position is where reading goes on behind the member.
func (m Member) Position() Position { return Position{m.version, m.ID} }

const (
	idMost      = 256
	nameMost    = 256
	urlMost     = 2048
	keyMost     = 64
	cohortsMost = 100     // of one call
	membersMost = 5000000 // of one call
)

// keyOf is the last name of the resource that an audience becomes: the integration's
// key and the audience's id, in what every product takes. Ids that had to be
// changed for it get a part of their own, so that no two become one.
func keyOf(integration, id string) string {
	whole := integration + "-" + id
	key := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(whole))
	if key == whole && len(key) <= keyMost {
		return key
	}
	sum := sha256.Sum256([]byte(whole))
	return key[:min(len(key), keyMost-13)] + "-" + hex.EncodeToString(sum[:6])
}

// sound judges what a batch says of its collection.
func sound(c members.Collection, url, kind string) error {
	switch {
	case !fits(c.ID, idMost):
		return unreadable("The id of the collection has 1 to 256 characters.")
	case !fits(c.Name, nameMost):
		return unreadable("The name of the collection has 1 to 256 characters.")
	case len(url) > urlMost:
		return unreadable("The address of the collection is too long.")
	case !fits(kind, keyMost):
		return unreadable("The kind of the members has 1 to 64 characters.")
	}
	return nil
}

// fits reports whether a text can be kept.
func fits(text string, most int) bool {
	return text != "" && len(text) <= most && !strings.ContainsRune(text, 0)
}

func unreadable(detail string) error { return problem.Invalid("membership_unreadable", detail) }
