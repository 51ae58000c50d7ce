package server

import (
	"context"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/api"
	"github.com/guestright/guestright/edge/console"
	"github.com/guestright/guestright/edge/directory"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/manifest/schema"
)

// public is the door for people and developers: console, API, token endpoint.
func (a *App) public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+gateway.KeysPath, a.Signer)
	a.API = a.management()
	management := http.Handler(a.API)
	for _, pattern := range []string{"/v1/", "/openapi.json", web.ErrorDocs} {
		mux.Handle(pattern, management)
	}
	mux.HandleFunc("GET /schemas/manifest.json", manifestSchema)
	mux.Handle("POST /triggers/{secret}", a.Triggers)
	mux.Handle("POST /hooks/membership/{integration}", a.Memberships)
	mux.Handle("POST /api/v2/segment-targets/{integration}", a.Memberships) // where partners of LaunchDarkly post
	pages := console.New(console.Services{Identity: a.Identity, Sessions: a.People, Groups: a.Groups, Domains: a.Domains, Accounts: a.Accounts, Applications: a.Applications,
		Programme: a.Programme, Announcements: a.Announcements, Releases: a.Releases, Integrations: a.Integrations, Listings: a.Listings, Configurations: a.Configurations, Connections: a.Connections, Triggers: a.Triggers, Approvals: a.Approvals, Memberships: a.Memberships, Snapshots: a.Snapshots, Imports: a.Imports, Links: a.Links, Actions: a.Actions, Private: a.Private, APITokens: a.APITokens, Roles: a.Roles, Insight: a.Insight, Ledgers: a.Ledgers, Webhooks: a.Webhooks, Calls: a.Proxy, Quota: a.Quota, Notices: a.Notices, Audit: a.Audit, Catalog: a.Catalog, Keys: a.Keys,
		Usage: a.Usage, Tokens: a.Tokens, Products: a.Products, Legacy: a.Legacy, Leaks: a.Leaks, Suspensions: a.Suspensions, Recordings: a.Recordings, Sandboxes: a.Sandboxes, Checklists: a.Checklists, Origin: a.Config.URL, Issuer: a.Config.URL, Gateway: a.Config.Gateway.URL,
		Authority: a.Authority,
		Admission: a.Admission,
		Secure:    a.Config.secure(), Log: a.Log, Now: a.DB.Now})
	pages.Mount(mux)
	(&directory.Directory{Listings: a.Listings, Product: func() string { return a.Catalog.Get().File().Product.Name }, Secure: a.Config.secure(), Log: a.Log}).Mount(mux)
	a.oauth(pages).Mount(mux)
	return web.NewDoor(web.DoorConfig{Log: a.Log, Hosts: a.consoleHosts(), Proxies: a.proxies, Secure: a.Config.secure()}, mux)
}

// manifestSchema serves the JSON Schema of manifests, for editors.
func manifestSchema(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/schema+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(schema.Native())
}

// consoleHosts are the names the door for people answers for. On a loopback address it also
// answers to localhost, since browsers offer passkeys to names only.
func (a *App) consoleHosts() []string {
	hosts := hostsOf(nil, a.Config.URL)
	if origin, ok := a.Identity.PasskeyOrigin(); ok {
		hosts = append(hosts, hostsOf(nil, origin)...)
	}
	return hosts
}

// management is the API, with the routes of every slice.
func (a *App) management() *api.API {
	gate := &api.Gate{Cookie: a.Identity.CookieName(), Products: a.Products, Bearers: a.Bearers, Now: a.DB.Now,
		Person: a.tokenOwner,
		Session: func(ctx context.Context, r *http.Request) (access.Principal, error) {
			by, _, err := a.People.Principal(ctx, a.Identity.FromRequest(r))
			return by, err
		},
		Enter: func(ctx context.Context, r *http.Request) context.Context {
			_, at, err := a.People.Principal(ctx, a.Identity.FromRequest(r))
			if err != nil {
				return ctx
			}
			return identity.With(ctx, at)
		}}
	oracle := &api.Oracle{Catalog: a.Catalog, Bearers: a.Bearers, Facts: a.Facts, Now: a.DB.Now, Preview: a.Gate.Preview}
	return api.New(api.Config{Servers: []string{a.Config.URL}, DB: a.DB, Keys: a.Keys, Gate: gate, Catalog: a.Catalog, Decide: oracle.Ask,
		Slices: []api.Mounter{a.Identity, a.Accounts, a.Roles, a.Groups, a.Domains, a.Applications, a.Programme, a.Announcements, a.Releases, a.Integrations, a.Admission, a.Sheets, a.Listings, a.Host, a.Configurations, a.Connections, a.Triggers, a.Memberships, a.Approvals, a.Properties, a.Links, a.Actions, a.Drivers, a.Snapshots, a.Imports, a.Private, a.Insight, a.Ledgers, a.Recordings, a.Sandboxes, a.Checklists, a.Consents, a.Authority, a.Grants, a.Tokens, a.APITokens, a.Products, a.Events, a.Webhooks,
			a.Quota, a.Usage, a.Audit, a.Notices,
			a.Legacy, a.Leaks, a.Suspensions}})
}

// tokenOwner is what a member may do here, within one account, for calls with
// their personal token.
func (a *App) tokenOwner(ctx context.Context, user, accountID string) (access.Principal, error) {
	var out access.Principal
	err := a.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := a.Identity.Find(tx, user)
		if err != nil || u.State != identity.Active {
			return err // somebody who is leaving may do nothing
		}
		held, err := account.Roles(tx, user)
		if err != nil {
			return err
		}
		further, err := a.Roles.Authorities(tx, user)
		if err != nil {
			return err
		}
		for _, may := range append(access.UserPrincipal(user, nil, map[string]string{accountID: held[accountID]}).Authorities, further...) {
			if may.On.Within(account.Resource(accountID)) {
				out.Authorities = append(out.Authorities, may)
			}
		}
		return nil
	})
	return out, err
}
