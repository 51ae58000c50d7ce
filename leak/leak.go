package leak

import (
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/usage"
)

// ID identifies a Leak.
type ID = ident.ID[Leak]

// Kind says what sort of credential leaked.
type Kind string

// The kinds.
const (
	AccessToken   Kind = "access_token"
	RefreshToken  Kind = "refresh_token"
	ClientSecret  Kind = "client_secret"
	PrivateToken  Kind = "private_token"
	PersonalToken Kind = "personal_token"
	ServiceToken  Kind = "service_token"
	LegacyKey     Kind = "legacy_key"
	ProductKey    Kind = "product_key"
	TriggerSecret Kind = "trigger_secret" // in the address of a trigger
)

// Source says how a leak was reported.
type Source string

// The sources.
const (
	Form   Source = "form"   // the public page
	API    Source = "api"    // the public operation
	GitHub Source = "github" // secret scanning of GitHub, signed
)

// Words of the source for people.
func (s Source) Words() string {
	if s == GitHub {
		return "GitHub secret scanning"
	}
	return "somebody who holds it"
}

// Leak is a credential that was reported.
type Leak struct {
	ID          ID        `json:"id"`
	Kind        Kind      `json:"kind" enum:"access_token,refresh_token,client_secret,private_token,personal_token,service_token,legacy_key,product_key,trigger_secret"`
	Credential  string    `json:"credential" doc:"Id of the credential, such as token/tok_…, not the credential itself"`
	Hint        string    `json:"hint,omitempty" doc:"Last four characters"`
	Name        string    `json:"name" doc:"What it belongs to"`
	Grant       string    `json:"grant,omitempty"`
	Account     string    `json:"account,omitempty"`
	Group       string    `json:"group,omitempty"`
	Application string    `json:"application,omitempty"`
	User        string    `json:"user,omitempty" doc:"The person for whom it acted"`
	Source      Source    `json:"source" enum:"form,api,github"`
	Where       string    `json:"where,omitempty" doc:"Where it was found, as the report says"`
	Live        bool      `json:"live" doc:"It opened something until the report ended it; otherwise it had ended before"`
	Reports     int       `json:"reports"`
	Reported    time.Time `json:"reported" doc:"The first report"`
	Latest      time.Time `json:"latest" doc:"The latest report"`
}

// IDPrefix implements ident.Named.
func (Leak) IDPrefix() string { return "lek" }

// owners are the resources in which it may be seen.
func (l Leak) owners() []access.Resource {
	var out []access.Resource
	for _, o := range [][2]string{{"account", l.Account}, {"group", l.Group}, {"user", l.User}} {
		if o[1] != "" {
			out = append(out, access.On(o[0], o[1], "leak", l.ID.String()))
		}
	}
	return append(out, access.Platform().Child("leak", l.ID.String()))
}

// counted tells what the calls of the credential are counted under. What has no
// count of its own shares its grant's.
func (l Leak) counted() (usage.Subject, usage.Filter) {
	id := l.Credential
	for i := range id {
		if id[i] == '/' {
			id = id[i+1:]
			break
		}
	}
	switch l.Kind {
	case PrivateToken, PersonalToken, ServiceToken:
		return usage.Subject{Kind: "token", ID: id}, usage.Filter{Key: id}
	case ClientSecret:
		return usage.Subject{Kind: "key", ID: id}, usage.Filter{Key: id}
	case ProductKey, TriggerSecret:
		return usage.Subject{}, usage.Filter{}
	}
	return usage.Subject{Kind: "grant", ID: l.Grant}, usage.Filter{Grant: l.Grant}
}

// shared reports whether the counts are those of everything that opens the grant.
func (l Leak) shared() bool { return l.Kind == AccessToken || l.Kind == RefreshToken }
