package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

const (
	childEnv  = "GUESTRIGHT_TRIAL_CHILD"  // configuration that a child serves
	manageEnv = "GUESTRIGHT_TRIAL_MANAGE" // address of its door for changes
)

// TestTrialChild is not a test: it is what a trial starts as a process of its
// own, the same steps as guestright serve.
func TestTrialChild(t *testing.T) {
	path := os.Getenv(childEnv)
	if path == "" {
		return
	}
	cfg, err := server.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() { // the parent is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	app, err := server.Open(ctx, cfg, server.Options{Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := app.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	manage := &http.Server{Addr: os.Getenv(manageEnv), Handler: changes(app)}
	go func() { _ = manage.ListenAndServe() }()
	if err := app.Run(ctx, l, nil); err != nil {
		t.Error(err)
	}
	_ = manage.Close()
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}

// order is what a trial asks a node to change.
type order struct {
	User, Group, Account, Name, Application, PublicID string
}

// made is what came of it. It is answered after the operation returned, as the
// API does: whoever reads it has been promised that the change is kept.
type made struct {
	ID, PublicID, ClientID, Secret string
	Status                         int
	Code                           string
}

// changes is a door to the operations themselves.
func changes(app *server.App) http.Handler {
	mux := http.NewServeMux()
	door := func(name string, f func(ctx context.Context, o order) (made, error)) {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			var o order
			if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			m, err := f(r.Context(), o)
			m.Status = http.StatusOK
			if err != nil {
				m.Code, m.Status = problem.CodeOf(err), http.StatusConflict
				if problem.Of(err).Kind == problem.KindUnavailable {
					m.Status = http.StatusServiceUnavailable
				} else if problem.Of(err).Kind == problem.KindInternal {
					m.Status = http.StatusInternalServerError
				}
				_, _ = fmt.Fprintln(os.Stderr, name, err)
			}
			w.WriteHeader(m.Status)
			_ = json.NewEncoder(w).Encode(m)
		})
	}
	developer := func(o order) access.Principal {
		return access.UserPrincipal(o.User, map[string]string{o.Group: access.GroupOwner}, nil)
	}
	door("register", func(ctx context.Context, o order) (made, error) {
		a, err := app.Applications.Register(ctx, developer(o), o.Group, application.Draft{Name: o.Name, Description: "Stands trial."})
		return made{ID: a.ID.String(), PublicID: a.PublicID}, err
	})
	door("publish", func(ctx context.Context, o order) (made, error) {
		id, err := ident.Parse[application.Application](o.Application)
		if err != nil {
			return made{}, err
		}
		v, err := app.Releases.Draft(ctx, developer(o), id, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "To do its work."}}})
		if err != nil {
			return made{}, err
		}
		v, err = app.Releases.Publish(ctx, developer(o), v.ID)
		return made{ID: v.ID.String()}, err
	})
	door("key", func(ctx context.Context, o order) (made, error) {
		id, err := ident.Parse[application.Application](o.Application)
		if err != nil {
			return made{}, err
		}
		k, err := app.Applications.CreateKey(ctx, developer(o), id, application.KeyDraft{Label: "trial"})
		return made{ID: k.ID.String(), ClientID: k.ClientID, Secret: k.Secret.Reveal()}, err
	})
	door("install", func(ctx context.Context, o order) (made, error) {
		id, err := ident.Parse[account.Account](o.Account)
		if err != nil {
			return made{}, err
		}
		by := access.UserPrincipal(o.User, nil, map[string]string{o.Account: access.AccountAdmin})
		i, err := app.Integrations.Install(ctx, by, id, integration.Order{ApplicationID: o.PublicID})
		return made{ID: i.ID.String()}, err
	})
	return mux
}

// change asks the node for a change; err is set when no answer came.
func (n *node) change(name string, o order) (made, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return made{}, err
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+n.manage+"/"+name, strings.NewReader(string(body)))
	if err != nil {
		return made{}, err
	}
	status, answer, err := n.ask(r)
	if err != nil {
		return made{}, err
	}
	var m made
	if err := json.Unmarshal(answer, &m); err != nil {
		return m, fmt.Errorf("%d %s", status, answer)
	}
	return m, nil
}

// token asks for one at the token endpoint; "" when it is refused.
func (n *node) token(k made, acc string) (string, int, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "account_id": {acc}}
	r, err := http.NewRequest(http.MethodPost, n.url+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(k.ClientID, k.Secret)
	status, body, err := n.ask(r)
	if err != nil {
		return "", status, err
	}
	var a struct {
		AccessToken string `json:"access_token"`
	}
	return a.AccessToken, status, json.Unmarshal(body, &a)
}

// call goes through the node's gateway.
func (n *node) call(token, accountKey string) (int, string, error) {
	r, err := http.NewRequest(http.MethodGet, n.gateway+"/api/v1/accounts/"+accountKey+"/projects/web-shop/flags", nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	status, body, err := n.ask(r)
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &p)
	return status, p.Code, err
}

// revoke ends a token that is known by its secret.
func revoke(app *server.App, tx *store.Tx, by access.Principal, raw string) error {
	t, err := app.Tokens.Find(tx, raw)
	if err != nil {
		return err
	}
	g, err := app.Grants.Load(tx, t.Grant)
	if err != nil {
		return err
	}
	return app.Tokens.Revoke(tx, by, t, g)
}
