package console

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/announcement"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/capability/importer"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/capability/useraction"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/connection"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/legacy"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// Services is what the pages stand on.
type Services struct {
	Identity       *identity.Service
	Sessions       *identity.Authenticator
	Groups         *group.Service
	Accounts       *account.Service
	Insight        *insight.Service // nil: nobody counts calls
	Ledgers        *ledger.Service  // nil: nobody keeps account of integrations
	Webhooks       *webhook.Service // nil: nothing is sent to integrations
	Applications   *application.Service
	Releases       *release.Service
	Integrations   *integration.Service
	Admission      *admission.Service     // nil: accounts have no rules of their own
	Listings       *listing.Service       // nil: there is no directory
	Configurations *configuration.Service // nil: there are no packages
	Triggers       *trigger.Service       // nil: there are no triggers
	Connections    *connection.Service    // nil: nothing is connected
	Approvals      *approval.Service      // nil: nothing is approved
	Memberships    *membership.Service    // nil: partners fill nothing
	Snapshots      *snapshotpush.Service  // nil: no data is sent
	Imports        *importer.Service      // nil: nothing is brought in
	Links          *resourcelink.Service  // nil: nothing is linked
	Actions        *useraction.Service    // nil: there are no buttons
	Private        *private.Service       // nil: there are no private integrations
	APITokens      *apitoken.Tokens       // nil: there are no personal and service tokens
	Domains        *domain.Service        // nil: nobody proves domains
	Programme      *programme.Service     // nil: nobody asks for production settings
	Announcements  *announcement.Service  // nil: nothing is announced
	Roles          *role.Service
	Quota          *quota.Service
	Notices        *notice.Service
	Audit          *audit.Log
	Catalog        *catalog.Current
	Keys           *secret.Keyring
	Usage          *usage.Service         // nil: nobody counts calls
	Tokens         *token.Service         // nil: tokens are not shown
	Products       *token.Products        // nil: the product has no keys
	Legacy         *legacy.Service        // nil: nothing comes to its end
	Leaks          *leak.Service          // nil: nobody reports leaks
	Suspensions    *suspension.Service    // nil: nothing can be suspended here
	Recordings     *recording.Service     // nil: nothing is recorded
	Checklists     *checklist.Service     // nil: nothing is checked before it is handed in
	Sandboxes      *sandbox.Service       // nil: nothing is tried
	Authority      *authorization.Service // nil: nobody signs in with applications

	Name    string           // beside the mark; empty: Guestright
	Origin  string           // of the console as people reach it, for links that are given away
	Issuer  string           // of the token endpoint; empty: Origin
	Calls   http.Handler     // the gateway's door, for trying a call; nil: nothing can be tried
	Gateway string           // where integrations call the API; empty: Origin
	Secure  bool             // people come over TLS, ours or a proxy's
	Footer  []page.Link      // help, terms
	Log     *slog.Logger     // nil: silent
	Now     func() time.Time // nil: the real clock
}

// Console serves the pages.
type Console struct {
	Services
	forms *forms
	cross *http.CrossOriginProtection
}

// New builds a console; it serves once mounted.
func New(s Services) *Console {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.Origin = strings.TrimSuffix(s.Origin, "/")
	if s.Issuer == "" {
		s.Issuer = s.Origin
	}
	if s.Gateway == "" {
		s.Gateway = s.Origin
	}
	c := &Console{Services: s, forms: newForms(s.Keys)}
	c.cross = http.NewCrossOriginProtection()
	c.cross.SetDenyHandler(c.raw(crossOrigin)) // must not use the form token up
	return c
}

// Mount registers every page, the files they load and, under "/", the page for what is not there.
func (c *Console) Mount(mux *http.ServeMux) {
	mux.Handle(page.AssetPath, page.Assets())
	mux.Handle("POST "+page.ThemePath, c.cross.Handler(page.SetTheme()))
	routes := []route{{"GET /{$}", c.page(home)}, {"/", c.raw(absent)}}
	for _, some := range [][]route{c.signInRoutes(), c.setupRoutes(), c.meRoutes(), c.passkeyRoutes(), c.providerRoutes(), c.groupRoutes(), c.domainRoutes(), c.applicationRoutes(), c.keyRoutes(), c.versionRoutes(), c.installedRoutes(), c.usageRoutes(), c.inboxRoutes(), c.accountRoutes(), c.installRoutes(), c.installationRoutes(), c.privateRoutes(), c.operatorRoutes(), c.auditRoutes(), c.ledgerRoutes(), c.referenceRoutes(),
		c.consentRoutes(), c.deviceRoutes(), c.authorisedRoutes(), c.authorizationRoutes(),
		c.verificationRoutes(), c.clientRoutes(), c.updateRoutes(),
		c.tokenLifeRoutes(), c.credentialRoutes(), c.apiTokenRoutes(),
		c.endingRoutes(), c.legacyKeyRoutes(), c.leakRoutes(), c.suspensionRoutes(), c.recordingRoutes(), c.sandboxRoutes(), c.checklistRoutes(), c.roleRoutes(), c.useRoutes(), c.hookRoutes(), c.configurationRoutes(), c.triggerRoutes(), c.connectionRoutes(), c.approvalRoutes(), c.approvalSettingsRoutes(), c.cohortRoutes(), c.storeRoutes(), c.targetRoutes(), c.importRoutes(), c.attachedRoutes(), c.listingRoutes(), c.partnerRoutes(), c.productionRoutes(), c.programmeRoutes(), c.agreementRoutes(), c.announcementRoutes(), c.admissionRoutes(), c.confirmationRoutes()} {
		routes = append(routes, some...)
	}
	for _, r := range routes {
		mux.Handle(r.pattern, c.cross.Handler(r.handler))
	}
}

// Handler serves the console alone.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	c.Mount(mux)
	return mux
}

type route struct {
	pattern string
	handler http.Handler
}
