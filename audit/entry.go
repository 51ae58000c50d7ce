package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
)

// ID names an entry.
type ID = ident.ID[Entry]

// Change is what an operation reports.
type Change struct {
	Action      string // "application.create"
	Target      string // "application/app_…"
	Name        string // readable name of the target
	Account     string // Account, Group, Application and User are ids: who may see the entry
	Group       string
	Application string
	User        string
	Before      any // JSON-able, without secrets; nil for none
	After       any
	Reason      string // given by whoever acted
}

// Entry is one line of the log.
type Entry struct {
	ID          ID              `json:"id"`
	At          time.Time       `json:"at"`
	Actor       string          `json:"actor" doc:"Who acted: user/…, application/…, installation/…, grant/… or system."`
	ActorKind   string          `json:"actor_kind"`
	Via         string          `json:"via,omitempty" doc:"How the actor came: session, token, or the reason of system work."`
	Request     string          `json:"request,omitempty" doc:"The request that caused it."`
	Address     string          `json:"address,omitempty" doc:"The network that the request came from."`
	Action      string          `json:"action"`
	Target      string          `json:"target"`
	Name        string          `json:"name,omitempty"`
	Account     string          `json:"account,omitempty"`
	Group       string          `json:"group,omitempty"`
	Application string          `json:"application,omitempty"`
	User        string          `json:"user,omitempty"`
	Before      json.RawMessage `json:"before,omitempty"`
	After       json.RawMessage `json:"after,omitempty"`
	BeforeSHA   string          `json:"before_sha256,omitempty"`
	AfterSHA    string          `json:"after_sha256,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Hash        string          `json:"hash,omitempty" doc:"Link of the chain over all entries; absent until sealed."`
	AccountHash string          `json:"account_hash,omitempty" doc:"Link of the account's chain; absent until sealed."`

	seq             int64
	position        int64
	accountPosition int64
}

// IDPrefix implements ident.Named.
func (Entry) IDPrefix() string { return "aud" }

const (
	maxDocument = 16 << 10 // bytes of before and of after
	maxText     = 500      // bytes of name and reason
)

var (
	errUnnamed = errors.New("a change needs an action and a target")
	errSecret  = errors.New("before or after holds a credential")
)

// document encodes a value for the log and digests it whole. One that is too
// large is replaced by a note; its digest still stands for it.
func document(v any) (string, string, error) {
	if v == nil {
		return "", "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", "", err
	}
	if holdsSecret(string(b)) {
		return "", "", errSecret
	}
	sum := sha256.Sum256(b)
	if len(b) > maxDocument {
		b = fmt.Appendf(nil, `{"omitted":"too large","bytes":%d}`, len(b))
	}
	return string(b), hex.EncodeToString(sum[:]), nil
}

// holdsSecret reports whether a credential of ours stands anywhere in a text.
func holdsSecret(text string) bool { return nextSecret(text) >= 0 }

func nextSecret(text string) int {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], "gr")
		if i < 0 || at+i+secret.Length > len(text) {
			return -1
		}
		at += i
		if secret.WellFormed(text[at : at+secret.Length]) {
			return at
		}
	}
}

// words makes a text that people typed fit for the log.
func words(text string) string {
	for {
		i := nextSecret(text)
		if i < 0 {
			break
		}
		text = text[:i] + "[secret]" + text[i+secret.Length:]
	}
	if len(text) > maxText {
		text = text[:maxText]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}

// digest covers everything an entry says. Every field is preceded by its
// length, so that no two entries have one spelling. Documents enter by their
// digests.
func (e Entry) digest() [sha256.Size]byte {
	h := sha256.New()
	var n [8]byte
	for _, field := range []string{
		"guestright audit v1", e.ID.String(), e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.ActorKind, e.Via, e.Request, e.Address,
		e.Action, e.Target, e.Name, e.Account, e.Group, e.Application, e.User, e.BeforeSHA, e.AfterSHA, e.Reason,
	} {
		binary.BigEndian.PutUint64(n[:], uint64(len(field)))
		h.Write(n[:])
		h.Write([]byte(field))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// link is one step of a chain.
type link struct {
	Position int64
	Hash     string
}

// next links an entry's digest behind l.
func (l link) next(digest [sha256.Size]byte) link {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(l.Position+1))
	h.Write(n[:])
	h.Write([]byte(l.Hash))
	h.Write(digest[:])
	return link{Position: l.Position + 1, Hash: hex.EncodeToString(h.Sum(nil))}
}

// intact reports whether a kept document still has its digest. An emptied one
// and one that was too large to keep have nothing to compare.
func intact(doc json.RawMessage, sum string) bool {
	if len(doc) == 0 || strings.HasPrefix(string(doc), `{"omitted":"too large"`) {
		return true
	}
	got := sha256.Sum256(doc)
	return hex.EncodeToString(got[:]) == sum
}
