package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	return provision.Add(tx, provisionArgs{id}, job.Options{Lane: provisionLane(id), Unique: id.String()})
}

func provisionLane(id ID) string { return "provision/" + id.String() }

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
		i.Provisioned, i.Fault = ProvisionDone, ""
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
		state, reason := i.GrantState()
		if _, err := s.Grants.Become(tx, g, state, reason); err != nil {
			return err
		}
		if s.Followed != nil {
			if err := s.Followed(tx, i); err != nil {
				return err
			}
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

// failed notes that all attempts are used up; the account's administrators and the
// developers are told. It joins the transaction in which the job is given up.
func (s *Service) failed(tx *store.Tx, id ID, cause error) error {
	i, err := find(tx, "id = ?", id)
	if absent(err) || err == nil && (i.State == Removed || i.Provisioned != ProvisionPending && i.Provisioned != ProvisionFailed) {
		return nil
	}
	if err != nil {
		return err
	}
	before := i
	i.Fail(faultOf(cause))
	if err := s.save(tx, before, i); err != nil {
		return err
	}
	a, err := s.applicationOf(tx, i)
	if err != nil {
		return err
	}
	if err := s.tell(tx, move{action: "provision_fail", told: "both"}, a, i); err != nil {
		return err
	}
	return s.record(tx, access.System("the product did not create the integration user"), "provision_fail", a, before, i)
}

// faultOf is what people read: what the product answered, and of our own faults
// only that there was one.
func faultOf(cause error) string {
	switch p := problem.Of(cause); {
	case p == nil || p.Kind == problem.KindInternal:
		return "Setting it up broke off on this platform. Its operator finds the cause among the exhausted jobs."
	default:
		return p.Detail
	}
}

// Retry asks the product again, after all attempts were used up.
func (s *Service) Retry(ctx context.Context, by access.Principal, id ID) (Installation, error) {
	return s.change(ctx, by, move{from: customer, action: "retry", told: "developer"}, id, func(tx *store.Tx, i *Installation) error {
		if err := i.Retry(); err != nil {
			return err
		}
		if s.Hook == nil { // the product has given up its hook, so there is nobody to wait for
			i.Provisioned = ProvisionNone
			i.settle()
			return nil
		}
		lane := provisionLane(i.ID)
		spent, err := job.List(tx, job.Filter{State: job.Exhausted, Kind: provision.Name, Lane: &lane})
		if err != nil {
			return err
		}
		for _, j := range spent {
			if err := job.Discard(tx, j.ID); err != nil {
				return err
			}
		}
		return s.Hook.enqueue(tx, i.ID)
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
		return answer, problem.Unavailable("product_refused", refusal(res.StatusCode, raw), fmt.Errorf("status %d", res.StatusCode))
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.UserKey == "" || len(answer.UserKey) > 200 {
		return answer, problem.Unavailable("product_refused", "The product's provisioning hook gave no user_key.", err)
	}
	return answer, nil
}

// refusal says what a product answered instead of a user: the status and, where
// it sent a problem document (RFC 9457), its detail.
func refusal(status int, body []byte) string {
	text := "The product refused to create the integration user (status " + strconv.Itoa(status) + ")."
	said := problem.Said(body)
	if said == "" {
		return text
	}
	return text + " It says: " + said
}
