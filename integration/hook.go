package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Hook tells the product to create the integration user and its role. Its
// address is the operator's own, from the configuration.
type Hook struct {
	URL    string
	Secret secret.Text
	Client *http.Client // with a time-out; no redirects
}

// hookMost is how much of an answer is read, in bytes.
const hookMost = 64 << 10

type provisionArgs struct {
	Installation ID `json:"installation"`
}

var provision = job.Kind[provisionArgs]{Name: "integration.provision", Attempts: 12, Timeout: 20 * time.Second}

func (h *Hook) enqueue(tx *store.Tx, id ID) error {
	return provision.Add(tx, provisionArgs{id}, job.Options{Lane: "provision/" + id.String(), Unique: id.String()})
}

// HookRequest is what the product receives. It may come twice; RequestID says so.
type HookRequest struct {
	Type       string   `json:"type"` // integration_user.create
	RequestID  string   `json:"request_id"`
	Account    string   `json:"account"` // the product's own key
	Username   string   `json:"username"`
	RoleName   string   `json:"role_name"`
	Privileges []string `json:"privileges"` // entitlements
}

// HookAnswer is what the product answers.
type HookAnswer struct {
	UserKey string `json:"user_key"`
	RoleKey string `json:"role_key"`
}

// Provision is the job: tell the product, then complete the installation.
func (s *Service) Provision(ctx context.Context, id ID) error {
	var i Installation
	var acc account.Account
	var user account.IntegrationUser
	var role account.Role
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if i, err = find(tx, "id = ?", id); err != nil {
			return err
		}
		if acc, err = s.Accounts.Load(tx, i.Account); err != nil {
			return err
		}
		if user, err = s.Accounts.IntegrationUserIn(tx, i.Account, i.User); err != nil {
			return err
		}
		role, err = s.Accounts.RoleIn(tx, i.Account, i.Role)
		return err
	})
	if err != nil {
		return err
	}
	if i.Provisioned != ProvisionPending && i.Provisioned != ProvisionFailed || i.State == Removed {
		return nil
	}
	req := HookRequest{Type: "integration_user.create", RequestID: id.String(), Account: acc.Key, Username: user.Name, RoleName: role.Name, Privileges: []string{}}
	for _, st := range role.Policy {
		req.Privileges = append(req.Privileges, st.Actions...)
	}
	answer, err := s.Hook.send(ctx, req)
	if err != nil {
		return err
	}
	return s.provisioned(ctx, id, user, answer)
}

func (s *Service) provisioned(ctx context.Context, id ID, user account.IntegrationUser, answer HookAnswer) error {
	by := access.System("the product created the integration user")
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		i, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		before := i
		i.Provisioned = ProvisionDone
		i.settle()
		user, err = s.Accounts.NameIntegrationUser(tx, by, user, answer.UserKey)
		if err != nil {
			return err
		}
		if err := save(tx, i, before.State); err != nil {
			return err
		}
		g, err := s.Grants.Load(tx, i.Grant)
		if err != nil {
			return err
		}
		g.SubjectKey = user.Key
		state, reason := i.grantState()
		if _, err := s.Grants.Become(tx, g, state, reason); err != nil {
			return err
		}
		appID, err := ident.Parse[application.Application](i.Application)
		if err != nil {
			return err
		}
		a, err := s.Applications.Load(tx, appID)
		if err != nil {
			return err
		}
		return s.record(tx, by, "provision", a, before, i)
	})
}

func (h *Hook) send(ctx context.Context, req HookRequest) (HookAnswer, error) {
	var answer HookAnswer
	body, err := json.Marshal(req)
	if err != nil {
		return answer, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+h.Secret.Reveal())
	res, err := h.Client.Do(r)
	if err != nil {
		return answer, problem.Unavailable("product_unreachable", "The product's provisioning hook does not answer.", err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, hookMost))
	if err != nil {
		return answer, problem.Unavailable("product_unreachable", "The product's provisioning hook broke off.", err)
	}
	if res.StatusCode/100 != 2 {
		return answer, problem.Unavailable("product_refused", "The product's provisioning hook refused.", fmt.Errorf("status %d", res.StatusCode))
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.UserKey == "" || len(answer.UserKey) > 200 {
		return answer, problem.Unavailable("product_refused", "The product's provisioning hook gave no user_key.", err)
	}
	return answer, nil
}
