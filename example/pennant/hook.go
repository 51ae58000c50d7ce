package pennant

import (
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Hook is what Guestright asks of Pennant when an application is installed or removed.
type Hook struct {
	// RequestID makes the call safe to repeat: the same id and body get the first answer again. The header
	// Idempotency-Key may carry it instead.
	RequestID string `json:"request_id,omitempty"`
	// Type is integration_user.create, integration_user.remove or role.create.
	Type     string `json:"type"`
	Account  string `json:"account"`
	Username string `json:"username,omitempty"`
	// UserKey names the user to remove; the username does as well.
	UserKey  string `json:"user_key,omitempty"`
	RoleName string `json:"role_name,omitempty"`
	// Privileges are keys such as flag:update, or the labels of the page Settings > Roles.
	Privileges []string `json:"privileges,omitempty"`
}

// HookReply names what was created, or what was removed.
type HookReply struct {
	UserKey string `json:"user_key,omitempty"`
	RoleKey string `json:"role_key,omitempty"`
}

func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(s.hookSecret)) != 1 {
		refuse(w, r, &failure{Status: http.StatusUnauthorized, Code: "hook_secret", Detail: "This address serves Guestright only."})
		return
	}
	out, err := s.runHook(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(out) // the connection may be gone; repeating the request gives the same answer
}

func (s *Server) runHook(r *http.Request) ([]byte, error) {
	raw, err := readBody(r, "application/json")
	if err != nil {
		return nil, err
	}
	var h Hook
	if err := decode(raw, &h); err != nil {
		return nil, err
	}
	if h.RequestID == "" {
		h.RequestID = r.Header.Get("Idempotency-Key")
	}
	var bad check
	bad.must(h.RequestID != "" && len(h.RequestID) <= 200, "/request_id", "A request id of at most 200 bytes is needed, here or as Idempotency-Key.")
	if err := bad.err(); err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("pennant: encoding a hook: %w", err)
	}
	sum := sha256.Sum256(canonical)
	digest := hex.EncodeToString(sum[:])
	var out []byte
	err = s.store.write(r.Context(), h.Account, Actor{Kind: "system", Key: "guestright", Name: "Guestright"}, func(sc *scope) error {
		before, err := sc.answered(h.RequestID, digest)
		if err != nil || before != nil {
			out = before
			return err
		}
		answer, err := sc.obey(h)
		if err != nil {
			return err
		}
		out, err = json.Marshal(answer)
		if err != nil {
			return fmt.Errorf("pennant: encoding a hook's answer: %w", err)
		}
		_, err = sc.q.ExecContext(sc.ctx, `INSERT INTO hook_request (id, digest, reply, at) VALUES ($1, $2, $3, $4)`,
			h.RequestID, digest, string(out), sc.now.UnixMicro())
		if err != nil {
			return fmt.Errorf("pennant: remembering a hook: %w", err)
		}
		return nil
	})
	return out, err
}

// answered finds the answer that a request got before.
func (s *scope) answered(id, digest string) ([]byte, error) {
	var was, answer string
	err := s.q.QueryRowContext(s.ctx, `SELECT digest, reply FROM hook_request WHERE id = $1`, id).Scan(&was, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pennant: looking for an earlier hook: %w", err)
	}
	if was != digest {
		return nil, conflict("request_reused", "Another request was made under this id.")
	}
	return []byte(answer), nil
}

func (s *scope) obey(h Hook) (HookReply, error) {
	if err := parent[Account](s, place{kind: kindAccount, key: h.Account}); err != nil {
		return HookReply{}, err
	}
	switch h.Type {
	case "role.create":
		r, err := s.addRole(h.RoleName, h.Privileges)
		if err != nil {
			return HookReply{}, err
		}
		return HookReply{RoleKey: r.Key}, nil
	case "integration_user.create":
		return s.createIntegration(h)
	case "integration_user.remove":
		return s.removeIntegration(h)
	}
	return HookReply{}, &failure{Status: http.StatusUnprocessableEntity, Code: "hook_type", Detail: "This type of request isn't known.",
		Fields: []fieldError{{Pointer: "/type", Detail: "One of integration_user.create, integration_user.remove, role.create."}}}
}

func (s *scope) createIntegration(h Hook) (HookReply, error) {
	r, err := s.roleFor(h)
	if err != nil {
		return HookReply{}, err
	}
	m, err := s.addIntegration(h.Username, r.Key)
	if err != nil {
		return HookReply{}, err
	}
	return HookReply{UserKey: m.Key, RoleKey: r.Key}, nil
}

// roleFor makes the role of a new integration user; without privileges, an existing role of that name is meant.
func (s *scope) roleFor(h Hook) (*Role, error) {
	if len(h.Privileges) > 0 {
		return s.addRole(h.RoleName, h.Privileges)
	}
	all, _, err := list[Role](s, place{kind: kindRole}, page{})
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Name == h.RoleName {
			return r, nil
		}
	}
	var bad check
	bad.must(false, "/role_name", "No role has this name, and no privileges are given to make one.")
	return nil, bad.err()
}

// removeIntegration removes the user, and its role once nobody else has it. A user who is gone already is no error.
func (s *scope) removeIntegration(h Hook) (HookReply, error) {
	all, _, err := list[Member](s, place{kind: kindMember}, page{})
	if err != nil {
		return HookReply{}, err
	}
	var gone *Member
	shared := map[string]int{}
	for _, m := range all {
		shared[m.Role]++
		if m.Kind == "integration" && (m.Key == h.UserKey || h.UserKey == "" && m.Username == h.Username) {
			gone = m
		}
	}
	if gone == nil {
		return HookReply{}, nil
	}
	if err := s.remove(gone); err != nil {
		return HookReply{}, err
	}
	if err := s.record(change{kind: "member.removed", resource: gone.place().path(), before: gone}); err != nil {
		return HookReply{}, err
	}
	r, err := get[Role](s, place{kind: kindRole, key: gone.Role})
	if err != nil || r.BuiltIn || shared[gone.Role] > 1 {
		return HookReply{UserKey: gone.Key}, err
	}
	if err := s.remove(r); err != nil {
		return HookReply{}, err
	}
	return HookReply{UserKey: gone.Key, RoleKey: r.Key}, s.record(change{kind: "role.removed", resource: r.place().path(), before: r})
}
