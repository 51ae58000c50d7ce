package storesync

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
)

// Name is what a package calls the capability.
const Name = "managedStoreSync"

// Service fills stores. Make it with New.
type Service struct {
	DB             *store.DB
	Configurations *configuration.Service
	Memberships    *membership.Service
	Client         *outbound.Client
	AWS            *awsrole.Operator // nil: no stores there
}

// New hears of cohorts that change.
func New(s Service) *Service {
	out := &s
	s.Memberships.Changed(out.changed)
	return out
}

// Settings are what an administrator chooses.
type Settings struct {
	Prefix string `json:"prefix,omitempty"`
}

const usualPrefix = "guestright"

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)

// settingsOf reads what was chosen.
func settingsOf(raw json.RawMessage) (Settings, error) {
	out := Settings{Prefix: usualPrefix}
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&out)
	if out.Prefix == "" {
		out.Prefix = usualPrefix
	}
	return out, err
}
