package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/driveraction"
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/capability/reservedproperty"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/capability/useraction"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/registration"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/sheet"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// Slices are the services of the house, in ladder order.
type Slices struct {
	DB             *store.DB
	Keys           *secret.Keyring
	Catalog        *catalog.Current
	Audit          *audit.Log
	Usage          *usage.Service
	Quota          *quota.Service
	Identity       *identity.Service
	People         *identity.Authenticator
	Accounts       *account.Service
	Roles          *role.Service
	Groups         *group.Service
	Notices        *notice.Service
	Domains        *domain.Service
	Applications   *application.Service
	Grants         *grant.Service
	Tokens         *token.Service
	APITokens      *apitoken.Tokens
	Bearers        *token.Authenticator
	Products       *token.Products
	Facts          *account.Facts
	Events         *event.Service
	Webhooks       *webhook.Service
	Programme      *programme.Service
	Gate           *programme.Gate
	Announcements  *announcement.Service
	Releases       *release.Service
	Integrations   *integration.Service
	Admission      *admission.Service
	Sheets         *sheet.Service
	Listings       *listing.Service
	Host           *host.Service
	Configurations *configuration.Service
	Connections    *connection.Service
	Properties     *reservedproperty.Service
	Links          *resourcelink.Service
	Triggers       *trigger.Service
	Approvals      *approval.Service
	Memberships    *membership.Service
	Stores         *storesync.Service
	Actions        *useraction.Service
	Drivers        *driveraction.Service
	Snapshots      *snapshotpush.Service
	Imports        *importer.Service
	Private        *private.Service
	Legacy         *legacy.Service
	LegacyKeys     *legacy.Gate
	Consents       *consent.Service
	Registry       *registration.Service
	Clients        *authorization.Clients
	Signing        *authorization.Signer
	Authority      *authorization.Service
	Leaks          *leak.Service
	Suspensions    *suspension.Service
	Ledgers        *ledger.Service
	Recordings     *recording.Service
	Checklists     *checklist.Service
	Sandboxes      *sandbox.Service
	Insight        *insight.Service
	AWS            *awsrole.Operator
	Outbound       *outbound.Client // for addresses that strangers gave
	Jobs           *job.Runner
}

// base is what the slices stand on.
type base struct {
	db   *store.DB
	keys *secret.Keyring
	cat  *catalog.Current
	log  *slog.Logger
	out  *outbound.Client // nil: as the configuration says
	txt  domain.TXT       // nil: the system's resolver
}

func newSlices(b base, cfg Config) (*Slices, error) {
	s := &Slices{DB: b.db, Keys: b.keys, Catalog: b.cat}
	s.Audit = &audit.Log{DB: b.db}
	s.Usage = &usage.Service{DB: b.db, Recorder: usage.NewRecorder(0), Log: b.log}
	s.Quota = &quota.Service{DB: b.db, Audit: s.Audit, Log: b.log, Solo: !b.db.Postgres()}
	s.Accounts = &account.Service{DB: b.db, Audit: s.Audit}
	s.Roles = &role.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Catalog: b.cat}
	s.Groups = &group.Service{DB: b.db, Audit: s.Audit,
		Naming: group.Naming{Forbidden: cfg.Groups.Forbidden, Required: cfg.Groups.Required, Hint: cfg.Groups.Hint}}
	s.Notices = &notice.Service{DB: b.db, Audit: s.Audit, Look: notice.Look{Product: "Guestright", Base: cfg.URL}}
	s.Applications = &application.Service{DB: b.db, Audit: s.Audit, Groups: s.Groups, Keys: b.keys, Quota: s.Quota, Usage: s.Usage, Catalog: b.cat}
	var err error
	if s.Outbound = b.out; s.Outbound == nil {
		if s.Outbound, err = newOutbound(cfg, b.log); err != nil {
			return nil, err
		}
	}
	s.Applications.Fetchable = s.Outbound.CheckURL
	s.Domains = &domain.Service{DB: b.db, Audit: s.Audit, Groups: s.Groups, Notices: s.Notices, Outbound: s.Outbound, TXT: b.txt}
	if b.txt == nil {
		s.Domains.TXT = net.DefaultResolver
	}
	s.Grants = &grant.Service{DB: b.db, Catalog: b.cat}
	s.Tokens = &token.Service{DB: b.db, Audit: s.Audit, Keys: b.keys, Usage: s.Usage, Notices: s.Notices, MinIdle: time.Duration(cfg.Tokens.MinIdle) * 24 * time.Hour}
	s.Bearers = token.NewAuthenticator(b.db, b.keys)
	s.Bearers.Roles = s.Roles
	if s.Products, err = token.NewProducts(b.db, s.Audit, b.keys); err != nil {
		return nil, err
	}
	s.Facts = account.NewFacts(b.db)
	s.Events = &event.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Facts: s.Facts, Bearers: s.Bearers, Catalog: b.cat, Log: b.log,
		Keep: time.Duration(cfg.Events.Keep) * 24 * time.Hour}
	s.Webhooks = webhook.New(webhook.Service{DB: b.db, Audit: s.Audit, Keys: b.keys, Applications: s.Applications, Grants: s.Grants, Bearers: s.Bearers, Facts: s.Facts,
		Events: s.Events, Notices: s.Notices, Catalog: b.cat, Client: s.Outbound, Log: b.log, KeepCounts: time.Duration(cfg.Events.Counts) * 24 * time.Hour})
	s.Programme = &programme.Service{DB: b.db, Audit: s.Audit, Groups: s.Groups, Quota: s.Quota, Usage: s.Usage, Notices: s.Notices, Catalog: b.cat,
		Within: time.Duration(cfg.Programme.Decide) * 24 * time.Hour, Before: time.Duration(cfg.Programme.Notice) * 24 * time.Hour}
	s.Gate = programme.NewGate(b.db, b.cat)
	s.Events.Preview = s.Gate.Preview
	s.Releases = &release.Service{DB: b.db, Audit: s.Audit, Applications: s.Applications, Groups: s.Groups, Notices: s.Notices, Catalog: b.cat, Early: s.Gate.Preview}
	s.Applications.Touched = s.Releases.Touched
	s.Announcements = &announcement.Service{DB: b.db, Audit: s.Audit, Quota: s.Quota, Usage: s.Usage, Notices: s.Notices}
	s.Integrations = &integration.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Groups: s.Groups, Applications: s.Applications,
		Releases: s.Releases, Grants: s.Grants, Tokens: s.Tokens, Quota: s.Quota, Notices: s.Notices, Catalog: b.cat, VerifiedOnly: cfg.Apps.Unverified == UnverifiedRefuse, UnverifiedMost: cfg.Apps.Most}
	s.Releases.Published, s.Releases.RolledBack, s.Releases.Deprecated = s.Integrations.Published, s.Integrations.RolledBack, s.Integrations.Deprecated
	s.Releases.Review = cfg.Apps.Review
	s.Releases.Limits = release.Limits{Drafts: cfg.Apps.Drafts, Lines: cfg.Apps.Lines}
	s.Admission = &admission.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Applications: s.Applications, Integrations: s.Integrations, Notices: s.Notices}
	s.Integrations.Admit, s.Integrations.Installed, s.Accounts.Moved = s.Admission.Admit, s.Admission.Installed, s.Admission.Moved
	s.Integrations.Widen, s.Integrations.Stops = s.Admission.Widen, s.Admission.Stops
	s.Sheets = &sheet.Service{DB: b.db, Applications: s.Applications, Groups: s.Groups, Releases: s.Releases, Quota: s.Quota, Catalog: b.cat}
	s.Listings = &listing.Service{DB: b.db, Audit: s.Audit, Applications: s.Applications, Releases: s.Releases, Sheets: s.Sheets, Notices: s.Notices,
		Categories: listing.Categories(cfg.Directory.Categories), Origin: cfg.URL}
	s.Sheets.Links, s.Listings.Members = s.Listings.SheetLinks, s.Programme.Members
	s.Listings.Watch()
	s.Host = &host.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Log: b.log}
	s.Private = &private.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Roles: s.Roles, Grants: s.Grants, Tokens: s.Tokens, Usage: s.Usage,
		Notices: s.Notices, Catalog: b.cat}
	s.Legacy = &legacy.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Accounts: s.Accounts, Grants: s.Grants, Tokens: s.Tokens, Private: s.Private,
		Notices: s.Notices, Catalog: b.cat}
	s.LegacyKeys = legacy.NewGate(b.db, s.Bearers)
	s.Consents = &consent.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Groups: s.Groups, Applications: s.Applications, Releases: s.Releases,
		Integrations: s.Integrations, Grants: s.Grants, Tokens: s.Tokens, Notices: s.Notices, Catalog: b.cat}
	held, err := cfg.secretFile(cfg.AWS.Secret)
	if err != nil {
		return nil, fmt.Errorf("aws: %w", err)
	}
	s.AWS = &awsrole.Operator{ID: cfg.AWS.ID, Secret: held, Client: s.Outbound}
	s.capabilities(cfg.URL)
	if err := s.authority(b, cfg); err != nil {
		return nil, err
	}
	s.APITokens = &apitoken.Tokens{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Grants: s.Grants, Secrets: s.Tokens, Roles: s.Roles, Catalog: b.cat, Most: cfg.Tokens.Most}
	s.Leaks = &leak.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Notices: s.Notices, Applications: s.Applications, Grants: s.Grants, Tokens: s.Tokens,
		Bearers: s.Bearers, Products: s.Products, Legacy: s.Legacy, LegacyKeys: s.LegacyKeys, Authority: s.Authority, Triggers: s.Triggers, Catalog: b.cat, Keys: &leak.Keys{Client: s.Outbound, Now: b.db.Now}}
	s.Insight = &insight.Service{DB: b.db, Usage: s.Usage, Accounts: s.Accounts, Roles: s.Roles, Grants: s.Grants, Releases: s.Releases, Integrations: s.Integrations,
		Private: s.Private, Catalog: b.cat, Facts: s.Facts}
	s.Suspensions = &suspension.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Groups: s.Groups, Notices: s.Notices, Applications: s.Applications, Catalog: b.cat}
	s.Ledgers = &ledger.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Accounts: s.Accounts, Catalog: b.cat, KeepCounts: time.Duration(cfg.Events.Counts) * 24 * time.Hour}
	s.Recordings = &recording.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Accounts: s.Accounts, Applications: s.Applications, Grants: s.Grants, Tokens: s.Tokens,
		Releases: s.Releases, Catalog: b.cat}
	s.Checklists = &checklist.Service{DB: b.db, Audit: s.Audit, Usage: s.Usage, Accounts: s.Accounts, Groups: s.Groups, Notices: s.Notices, Applications: s.Applications,
		Grants: s.Grants, Webhooks: s.Webhooks, Domains: s.Domains, Releases: s.Releases, Integrations: s.Integrations, Sheets: s.Sheets, Listings: s.Listings,
		Catalog: b.cat, Client: s.Outbound, Within: time.Duration(cfg.Apps.Within) * 24 * time.Hour, KeyAge: time.Duration(cfg.Apps.KeyAge) * 24 * time.Hour}
	s.Releases.Gate, s.Releases.Stepped, s.Listings.Proven = s.Checklists.Gate, s.Checklists.Stepped, s.Checklists.Proven
	s.Sandboxes = &sandbox.Service{DB: b.db, Audit: s.Audit, Accounts: s.Accounts, Groups: s.Groups, Events: s.Events, Host: s.Host, Catalog: b.cat, Most: cfg.Groups.Sandboxes, Preview: s.Gate.Preview}
	s.Sandboxes.Watch()
	s.Groups.MemberChanged = s.Sandboxes.MemberChanged
	s.people(b, cfg)
	if err := s.outside(cfg); err != nil {
		return nil, err
	}
	s.join(b.log)
	s.Jobs = &job.Runner{DB: b.db, Log: b.log}
	s.jobs(s.Jobs)
	return s, nil
}

// join fills the places in which an earlier slice lets a later one take part.
func (s *Slices) join(log *slog.Logger) {
	s.Applications.Revoked = s.Tokens.RevokeKey
	s.Tokens.Kept(grant.KindPrivate, s.Private.Keeper, s.Private.Describe)
	s.Webhooks.Kept(grant.KindPrivate, s.Private.HookKeeper)
	s.Usage.GroupOf = func(ctx context.Context, id string) (string, error) {
		app, err := ident.Parse[application.Application](id)
		if err != nil {
			return "", err
		}
		var group string
		err = s.DB.Read(ctx, func(tx *store.Tx) error {
			a, err := s.Applications.Load(tx, app)
			group = a.Group
			return err
		})
		return group, err
	}
	s.Accounts.RoleChanged = s.Integrations.RoleChanged
	s.Roles.Facts, s.Roles.Behind = s.Facts, s.Insight.Behind
	s.Accounts.MemberChanged = func(tx *store.Tx, account, user string, left bool) error {
		if err := s.APITokens.MemberChanged(tx, account, user, left); err != nil {
			return err
		}
		return s.Roles.MemberChanged(tx, account, user, left)
	}
	s.Roles.Changed = s.APITokens.RoleChanged
	for _, k := range []grant.Kind{grant.KindMember, grant.KindService} {
		s.Tokens.Kept(k, s.APITokens.Keeper, s.APITokens.Describe)
	}
	s.Quota.Alarm = func(away bool, err error) {
		if away {
			log.Error("limits: the database is away; each node goes on with its last share", "error", err)
			return
		}
		log.Warn("limits: the database is back")
	}
	s.Quota.WarnSites = func(tx *store.Tx, u quota.SiteUse) error {
		subject := "80 % of your sites are in use"
		if u.Level == quota.LevelExhausted {
			subject = "All of your sites are in use"
		}
		return s.Notices.Send(tx, notice.Notice{Kind: "group.sites", To: notice.To{Group: u.Owner}, Severity: notice.Warning, Subject: subject,
			Text: "Once all sites are in use, further customers can't install your applications. Remove installations that are not needed any more, or ask for more sites.",
			Link: "/groups/" + u.Owner, Dedupe: string(u.Level) + "/" + u.Owner + "/" + tx.Now().Format("2006-01-02")})
	}
	s.Quota.Warn = func(tx *store.Tx, c quota.Crossing) error { return s.Notices.Send(tx, crossed(c)) }
}

func (s *Slices) jobs(r *job.Runner) {
	s.Audit.Jobs(r)
	s.Identity.Jobs(r)
	s.Usage.Jobs(r)
	s.Quota.Jobs(r)
	s.Notices.Jobs(r)
	s.Integrations.Jobs(r)
	s.Private.Jobs(r)
	s.Legacy.Jobs(r)
	s.Domains.Jobs(r)
	s.Applications.Jobs(r)
	s.Programme.Jobs(r)
	s.Announcements.Jobs(r)
	job.Every(r, "catalog.announce", announceEvery, s.Announce)
	s.Tokens.Jobs(r)
	s.Events.Jobs(r)
	s.Webhooks.Jobs(r)
	s.Host.Jobs(r)
	s.Snapshots.Jobs(r)
	s.Approvals.Jobs(r)
	s.Connections.Jobs(r)
	s.Memberships.Jobs(r)
	s.Stores.Jobs(r)
	s.Authority.Jobs(r)
	s.Signing.Jobs(r)
	s.Leaks.Jobs(r)
	s.Suspensions.Jobs(r)
	s.Recordings.Jobs(r)
	s.Checklists.Jobs(r)
	s.Admission.Jobs(r)
	job.Every(r, "web.forget_keys", time.Hour, func(ctx context.Context) error { return s.DB.Write(ctx, web.ForgetKeys) })
}
