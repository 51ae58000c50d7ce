package configuration

import (
	"encoding/json"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// ID identifies a Configuration.
type ID = ident.ID[Configuration]

// Actions of this slice.
const (
	ActionView   = "configuration:view"
	ActionManage = "configuration:manage"
)

// Mask stands for a secret that is stored. Sent back, it leaves the secret alone.
const Mask = "••••••••"

// Limits of configurations.
const (
	Most     = 20 // of one installation
	nameMost = 100
)

// Configuration is one way in which an installation is set up.
type Configuration struct {
	ID           ID              `json:"id"`
	Installation string          `json:"installation"`
	Application  string          `json:"application"`
	Account      string          `json:"account"`
	Name         string          `json:"name"`
	Enabled      bool            `json:"enabled" doc:"The switch of the whole configuration"`
	Values       map[string]any  `json:"values" doc:"What was filled in, by the field's key. A stored secret shows as ••••••••"`
	Capabilities []Capability    `json:"capabilities" nullable:"false" doc:"What the package can do, as far as the platform executes it"`
	Connects     bool            `json:"connects,omitempty" doc:"It has to be connected with the partner's service"`
	Needs        []problem.Field `json:"needs,omitempty" doc:"What has to be filled in before it works"`
	CreatedBy    string          `json:"created_by"`
	Created      time.Time       `json:"created"`
	Updated      time.Time       `json:"updated"`
	Revision     int64           `json:"revision"`

	values  manifest.Values // secrets are here only where they were opened
	sealed  map[string]string
	choices map[string]Choice
	live    map[string]bool
}

// IDPrefix implements ident.Named.
func (Configuration) IDPrefix() string { return "cfg" }

// Capability is one of the package in a configuration.
type Capability struct {
	Name     string             `json:"name" example:"eventHook"`
	On       bool               `json:"on" doc:"The administrator's switch"`
	Working  bool               `json:"working" doc:"It is on, the configuration is complete and enabled, and the installation is active"`
	Tries    bool               `json:"tries,omitempty" doc:"There is a call that tries the connection"`
	Settings json.RawMessage    `json:"settings,omitempty" doc:"What was chosen for it; for event hooks the filter"`
	Report   *capability.Report `json:"report,omitempty" doc:"How it has fared; when one configuration is read"`
}

// Choice is what an administrator decides about one capability.
type Choice struct {
	On       *bool           `json:"on,omitempty" doc:"On when absent"`
	Settings json.RawMessage `json:"settings,omitempty" doc:"The package's own when absent"`
}

func (c Choice) on() bool { return c.On == nil || *c.On }

// Draft is what an administrator fills in. In a change, what is absent stays.
type Draft struct {
	Name         *string           `json:"name,omitempty" maxLength:"400" doc:"For people, when there are several; the integration's own name when absent"`
	Enabled      *bool             `json:"enabled,omitempty" doc:"On when absent"`
	Values       map[string]any    `json:"values,omitempty" doc:"By the field's key: a text, true or false, or a list of texts. null takes a value away; ••••••••, or nothing for a secret, leaves the stored one"`
	Capabilities map[string]Choice `json:"capabilities,omitempty" doc:"By the capability's name"`
	Revision     *int64            `json:"revision,omitempty" doc:"What you have seen; refused when it is no longer the latest"`
}

// Resource is how policies of an account name a configuration.
func Resource(account, installation, id string) access.Resource {
	return access.On("account", account, "installation", installation, "configuration", id)
}
