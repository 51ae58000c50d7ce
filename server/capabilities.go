package server

import (
	"strings"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/driveraction"
	"github.com/guestright/guestright/capability/eventhook"
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/capability/reservedproperty"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/capability/useraction"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
)

// capabilities wires what manifests of integrations can ask the platform to do: a
// new one is a folder below capability and a line here.
func (s *Slices) capabilities(base string) {
	s.Configurations = &configuration.Service{DB: s.DB, Audit: s.Audit, Keys: s.Keys, Releases: s.Releases, Integrations: s.Integrations, Client: s.Outbound}
	s.Connections = connection.New(connection.Service{DB: s.DB, Audit: s.Audit, Keys: s.Keys, Applications: s.Applications, Configurations: s.Configurations, Notices: s.Notices,
		Client: s.Outbound, Base: strings.TrimSuffix(base, "/")})
	hooks := eventhook.New(eventhook.Hook{Webhooks: s.Webhooks, Configurations: s.Configurations, Grants: s.Grants, Facts: s.Facts, Catalog: s.Catalog, Client: s.Outbound, AWS: s.AWS})
	s.Properties = &reservedproperty.Service{DB: s.DB, Accounts: s.Accounts, Configurations: s.Configurations}
	s.Links = &resourcelink.Service{DB: s.DB, Audit: s.Audit, Accounts: s.Accounts, Configurations: s.Configurations}
	s.Actions = &useraction.Service{DB: s.DB, Audit: s.Audit, Accounts: s.Accounts, Configurations: s.Configurations, Client: s.Outbound}
	s.Triggers = trigger.New(trigger.Service{DB: s.DB, Audit: s.Audit, Keys: s.Keys, Accounts: s.Accounts, Integrations: s.Integrations, Configurations: s.Configurations,
		Host: s.Host, Catalog: s.Catalog, Base: base})
	s.Snapshots = &snapshotpush.Service{DB: s.DB, Audit: s.Audit, Accounts: s.Accounts, Configurations: s.Configurations, Catalog: s.Catalog, Client: s.Outbound}
	s.Approvals = approval.New(approval.Service{DB: s.DB, Audit: s.Audit, Keys: s.Keys, Accounts: s.Accounts, Configurations: s.Configurations, Host: s.Host, Notices: s.Notices,
		Catalog: s.Catalog, Client: s.Outbound})
	s.Memberships = &membership.Service{DB: s.DB, Audit: s.Audit, Accounts: s.Accounts, Integrations: s.Integrations, Configurations: s.Configurations,
		Host: s.Host, Catalog: s.Catalog, Facts: s.Facts, Bearers: s.Bearers, Base: strings.TrimSuffix(base, "/")}
	s.Drivers = driveraction.New(driveraction.Service{DB: s.DB, Audit: s.Audit, Configurations: s.Configurations, Host: s.Host})
	s.Imports = importer.New(importer.Service{DB: s.DB, Audit: s.Audit, Configurations: s.Configurations, Host: s.Host, Client: s.Outbound})
	s.Stores = storesync.New(storesync.Service{DB: s.DB, Configurations: s.Configurations, Memberships: s.Memberships, Client: s.Outbound, AWS: s.AWS})
	s.Configurations.Capabilities = capability.Set{hooks, s.Triggers, s.Memberships, s.Stores, s.Approvals, s.Snapshots, s.Imports, s.Properties, s.Links, s.Actions, s.Drivers}
	s.Integrations.Followed = func(tx *store.Tx, i integration.Installation) error {
		if err := s.Consents.Follow(tx, i); err != nil {
			return err
		}
		return s.Configurations.Follow(tx, i)
	}
}
