package domain

import (
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
)

// ID names a domain of a group.
type ID = ident.ID[Domain]

// State says how far the proof has come.
type State string

// The states.
const (
	Unproven State = "unproven"
	Proven   State = "proven"
	Lapsed   State = "lapsed" // it was proven, and the proof is gone
)

// Method is how a domain was proved.
type Method string

// The methods.
const (
	DNS  Method = "dns"
	File Method = "file"
)

const (
	label = "_guestright-challenge"
	path  = "/.well-known/guestright-challenge.txt"
	most  = 50 // of one group
	// Again is the least time between two checks of one domain.
	Again = 5 * time.Second
	// Fresh is how long a check of a proven domain stands.
	Fresh = 7 * 24 * time.Hour
	// Patience is how long a proven domain may fail its checks.
	Patience = 7 * 24 * time.Hour
)

// Domain is a name that a group says is its own.
type Domain struct {
	ID        ID        `json:"id"`
	Group     string    `json:"group"`
	Name      string    `json:"name" doc:"Lower case, in ASCII."`
	State     State     `json:"state" enum:"unproven,proven,lapsed" doc:"lapsed: it was proven, and the proof has been gone for 7 days, or another group proved the domain since."`
	Method    Method    `json:"method,omitempty" enum:"dns,file" doc:"How it was proved last."`
	Challenge string    `json:"challenge" doc:"The random part of the text. It is public, not a secret."`
	Proof     Proof     `json:"proof" doc:"What to set up: the record or the file, one is enough."`
	Proven    time.Time `json:"proven,omitzero" doc:"Since when it is proven, or was before it lapsed."`
	Checked   time.Time `json:"checked,omitzero" doc:"The last check."`
	Failing   time.Time `json:"failing,omitzero" doc:"Since when checks of a proven domain find no proof. After 7 days it lapses."`
	Fault     Fault     `json:"fault,omitzero" doc:"What the last check found instead of the proof."`
	Created   time.Time `json:"created"`

	tried    time.Time
	revision int64
}

// Fault says what a check found instead of the proof, for people.
type Fault struct {
	DNS  string `json:"dns,omitempty"`
	File string `json:"file,omitempty"`
}

// Proof is what a group sets up.
type Proof struct {
	Record string `json:"record" doc:"Name of the TXT record."`
	File   string `json:"file" doc:"Address of the file."`
	Text   string `json:"text" doc:"Value of the record, or the whole text of the file."`
}

// IDPrefix implements ident.Named.
func (Domain) IDPrefix() string { return "dom" }

func (d Domain) resource() access.Resource {
	return access.On("group", d.Group, "domain", d.ID.String())
}

// proof is worked out from the name and the challenge. The name of the record
// follows draft-ietf-dnsop-domain-verification-techniques.
func (d Domain) proof() Proof {
	return Proof{Record: label + "." + d.Name, File: "https://" + d.Name + path, Text: "guestright-domain=" + d.Challenge}
}

// finding is how a check came out: by which method, or what was there instead.
type finding struct {
	method Method // "" for neither
	fault  Fault
}

// apply takes a check in. rivalled: another group proved the name later.
func (d *Domain) apply(now time.Time, f finding, rivalled bool) {
	d.Checked, d.Fault = now, f.fault
	if f.method != "" {
		if d.State != Proven {
			d.Proven = now
		}
		d.State, d.Method, d.Failing = Proven, f.method, time.Time{}
		return
	}
	if d.State != Proven {
		return
	}
	if d.Failing.IsZero() {
		d.Failing = now
	}
	if rivalled || now.Sub(d.Failing) >= Patience {
		d.State, d.Failing = Lapsed, time.Time{}
	}
}
