package snapshotpush

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest/request"
)

// Name is what a package calls the capability.
const Name = "snapshotPush"

// Actions of this slice, both the product's.
const (
	ActionPut  = "snapshot:put"
	ActionView = "snapshot:view"
)

// dataMost bounds a snapshot; stores at the edge take little more.
const dataMost = 4 << 20

// Snapshot is the newest data of one resource.
type Snapshot struct {
	Resource string    `json:"resource" doc:"As policies name it"`
	Scope    string    `json:"scope" doc:"Id of the resource, as partners know it"`
	Version  int64     `json:"version"`
	Size     int64     `json:"size" doc:"Bytes of the data"`
	At       time.Time `json:"at" doc:"When it came"`

	account string
	digest  string
	data    []byte
}

// Draft is what the product sends.
type Draft struct {
	Account  string          `json:"account_key" minLength:"1" maxLength:"200" doc:"The product's key of the account"`
	Resource string          `json:"resource" maxLength:"1000" doc:"As policies name it" example:"proj/web:env/production"`
	Scope    string          `json:"scope,omitempty" maxLength:"64" doc:"Id of the resource, as partners may know it: letters, digits, - and _. One that no other resource has, and always the same; made of account and resource when absent"`
	Version  int64           `json:"version" minimum:"0" doc:"Grows with each change; one that is lower than the kept one changes nothing"`
	Data     json.RawMessage `json:"data" doc:"Any JSON, at most 4 MiB; sent as it is written here"`
}

// scopes are ids that every store takes as part of a key.
var scopes = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// snapshot judges what the product sent.
func (d Draft) snapshot(account string, now time.Time) (Snapshot, error) {
	var f []problem.Field
	if r, err := access.ParseResource(d.Resource); err != nil || strings.Contains(d.Resource, ";") || r.IsZero() {
		f = append(f, problem.Field{Pointer: "/resource", Code: "malformed", Detail: "Write the resource like proj/web:env/production, without tags."})
	}
	if d.Scope != "" && !scopes.MatchString(d.Scope) {
		f = append(f, problem.Field{Pointer: "/scope", Code: "malformed", Detail: "1 to 64 letters, digits, - and _."})
	}
	switch {
	case len(d.Data) == 0:
		f = append(f, problem.Field{Pointer: "/data", Code: "missing", Detail: "The data is missing."})
	case len(d.Data) > dataMost:
		f = append(f, problem.Field{Pointer: "/data", Code: "too_large", Detail: "At most 4 MiB."})
	}
	if len(f) > 0 {
		return Snapshot{}, problem.Invalid("snapshot_invalid", "The snapshot needs another look.", f...)
	}
	sum := sha256.Sum256(d.Data)
	out := Snapshot{account: account, Resource: d.Resource, Scope: d.Scope, Version: d.Version, Size: int64(len(d.Data)), At: now, digest: hex.EncodeToString(sum[:]), data: d.Data}
	if out.Scope == "" {
		out.Scope = scopeOf(account, d.Resource)
	}
	return out, nil
}

// scopeOf is the id of a resource that the product gives none.
func scopeOf(account, resource string) string {
	sum := sha256.Sum256([]byte(account + "\x00" + resource))
	return hex.EncodeToString(sum[:12])
}

// replaces reports whether a snapshot takes the place of another.
func (s Snapshot) replaces(old Snapshot) bool {
	return s.Version > old.Version || s.Version == old.Version && (s.digest != old.digest || s.Scope != old.Scope)
}

// request is what templates see of it. The key is the one under which a store keeps
// it, and the same each time.
func (s Snapshot) request() request.Snapshot {
	return request.Snapshot{Key: "snapshot-" + s.Scope, Scope: s.Scope, Version: number(s.Version), Data: s.data}
}
