package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

const (
	// KeyRetention is how long an Idempotency-Key is remembered.
	KeyRetention = 24 * time.Hour
	// claimLease is how long a request may run before a repeat may take its key
	// over, as long as it has committed nothing.
	claimLease = 2 * time.Minute
	keyLength  = 255
)

// exchange is one request on its way to an operation.
type exchange struct {
	op   Operation
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

// once runs an operation at most once for each Idempotency-Key of its caller.
func (a *API) once(x exchange, run func(http.ResponseWriter, *http.Request)) {
	sent := x.r.Header.Values("Idempotency-Key")
	who := a.caller(x.r.Context())
	if !x.op.Creates || len(sent) == 0 || a.cfg.DB == nil || a.cfg.Keys == nil || who.Principal == "" {
		run(x.w, x.r)
		return
	}
	key, err := parseKey(sent)
	if err != nil {
		WriteProblem(x.w, x.r, err)
		return
	}
	c := claim{
		place: place{Principal: who.Tenant + "|" + who.Principal, Operation: x.op.ID + " " + x.r.URL.EscapedPath(), RequestKey: key},
		id:    ident.New[Request](a.cfg.DB.Now()).String(),
		print: fingerprint(x),
	}
	kept, err := a.claimKey(x.r.Context(), c)
	if err != nil {
		WriteProblem(x.w, x.r, err)
		return
	}
	if kept != nil {
		kept.replay(x.w)
		return
	}
	held := &held{header: http.Header{}}
	settled := false
	defer func() {
		if !settled { // a panic: free the key unless something was committed
			a.settle(x.r.Context(), c, nil)
		}
	}()
	run(held, x.r.WithContext(store.Joined(x.r.Context(), c.commit)))
	settled = true
	a.settle(x.r.Context(), c, held)
	held.copyTo(x.w)
}

// parseKey reads the header; the draft writes a quoted string, most clients a
// bare one.
func parseKey(sent []string) (string, error) {
	key := strings.TrimSpace(sent[0])
	if n := len(key); n >= 2 && key[0] == '"' && key[n-1] == '"' {
		key = key[1 : n-1]
	}
	odd := strings.ContainsFunc(key, func(r rune) bool { return r <= 0x20 || r > 0x7e })
	if len(sent) != 1 || key == "" || len(key) > keyLength || odd {
		return "", problem.Invalid("idempotency_key_invalid", "The Idempotency-Key must be 1 to 255 printable ASCII characters.")
	}
	return key, nil
}

// fingerprint tells requests apart that use one key. It is digested under the
// keyring before it is stored: bodies may hold guessable secrets.
func fingerprint(x exchange) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s?%s\n", x.r.Method, x.r.URL.EscapedPath(), x.r.URL.RawQuery)
	_, _ = h.Write(x.body)
	return hex.EncodeToString(h.Sum(nil))
}

// place is where a key is kept.
type place struct{ Principal, Operation, RequestKey string }

// claim is one attempt's hold on a key.
type claim struct {
	place
	id    string
	print string
}

// seal is the place that the kept answer is bound to.
func (p place) seal() string {
	return "web_idempotency|" + p.Principal + "|" + p.Operation + "|" + p.RequestKey
}

type keyRow struct {
	Fingerprint string
	State       string
	CreatedAt   store.Micros
	ClaimedAt   store.Micros
	Answer      string
}

// claimKey takes the key, or returns the answer kept for it, or says why not.
func (a *API) claimKey(ctx context.Context, c claim) (*answer, error) {
	print := a.cfg.Keys.Digest(c.print).String()
	var out *answer
	err := a.cfg.DB.Write(ctx, func(tx *store.Tx) error {
		out = nil
		now := tx.Now()
		_, err := tx.ExecContext(tx.Ctx, `DELETE FROM web_idempotency
			WHERE principal = ? AND operation = ? AND request_key = ? AND created_at <= ?`,
			c.Principal, c.Operation, c.RequestKey, store.At(now.Add(-KeyRetention)))
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(tx.Ctx, `INSERT INTO web_idempotency
			(principal, operation, request_key, fingerprint, claim, state, created_at, claimed_at, answer)
			VALUES (?, ?, ?, ?, ?, 'running', ?, ?, '') ON CONFLICT DO NOTHING`,
			c.Principal, c.Operation, c.RequestKey, print, c.id, store.At(now), store.At(now))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 1 {
			return err
		}
		var row keyRow
		err = tx.NewRaw(`SELECT fingerprint, state, created_at, claimed_at, answer FROM web_idempotency
			WHERE principal = ? AND operation = ? AND request_key = ?`, c.Principal, c.Operation, c.RequestKey).Scan(tx.Ctx, &row)
		if err != nil {
			return err
		}
		out, err = a.judge(tx, c, row)
		return err
	})
	return out, err
}

func (a *API) judge(tx *store.Tx, c claim, row keyRow) (*answer, error) {
	if !slices.ContainsFunc(a.cfg.Keys.Digests(c.print), func(d secret.Digest) bool { return d.String() == row.Fingerprint }) {
		return nil, problem.Invalid("idempotency_key_reused", "This Idempotency-Key was used with another request.")
	}
	if row.State == "done" {
		text, err := a.cfg.Keys.Open(row.Answer, c.seal())
		if err != nil {
			return nil, err
		}
		kept := &answer{}
		return kept, json.Unmarshal([]byte(text.Reveal()), kept)
	}
	if left := row.ClaimedAt.Time().Add(claimLease).Sub(tx.Now()); left > 0 {
		busy := problem.Conflict("idempotency_in_progress", "The first request with this Idempotency-Key still runs.")
		busy.After = time.Second
		return nil, busy
	}
	if row.State == "committed" {
		return nil, problem.Conflict("idempotency_outcome_unknown", "The first request with this Idempotency-Key took effect, but its answer was lost.")
	}
	_, err := tx.ExecContext(tx.Ctx, `UPDATE web_idempotency SET claim = ?, claimed_at = ?
		WHERE principal = ? AND operation = ? AND request_key = ? AND state = 'running'`,
		c.id, store.At(tx.Now()), c.Principal, c.Operation, c.RequestKey)
	return nil, err
}

// commit runs inside the operation's own transaction. It fails when a later
// attempt has taken the key over, which rolls the operation back.
func (c claim) commit(tx *store.Tx) error {
	res, err := tx.ExecContext(tx.Ctx, `UPDATE web_idempotency SET state = 'committed'
		WHERE principal = ? AND operation = ? AND request_key = ? AND claim = ?`, c.Principal, c.Operation, c.RequestKey, c.id)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return problem.Conflict("idempotency_in_progress", "A repeat of this request has taken over.")
	}
	return err
}

// settle keeps the answer of a request that succeeded and frees the key of one
// that was refused. One that failed on our side frees it only if nothing was
// committed. The operation's outcome stands whatever happens here.
func (a *API) settle(ctx context.Context, c claim, h *held) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	query, args := `DELETE FROM web_idempotency WHERE principal = ? AND operation = ? AND request_key = ? AND claim = ?`,
		[]any{c.Principal, c.Operation, c.RequestKey, c.id}
	switch {
	case h == nil || h.code() >= 500:
		query += ` AND state = 'running'`
	case h.code() < 400:
		text, err := json.Marshal(answer{Status: h.code(), Header: h.header, Body: h.body.Bytes()})
		if err != nil {
			From(ctx).Add("idempotency", err.Error())
			return
		}
		query = `UPDATE web_idempotency SET state = 'done', answer = ? WHERE principal = ? AND operation = ? AND request_key = ? AND claim = ?`
		args = append([]any{a.cfg.Keys.Seal(secret.New(string(text)), c.seal())}, args...)
	}
	err := a.cfg.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	})
	if err != nil {
		From(ctx).Add("idempotency", "the answer could not be kept: "+err.Error())
	}
}

// ForgetKeys drops keys older than KeyRetention. It is work for a schedule.
func ForgetKeys(tx *store.Tx) error {
	_, err := tx.ExecContext(tx.Ctx, `DELETE FROM web_idempotency WHERE created_at <= ?`, store.At(tx.Now().Add(-KeyRetention)))
	return err
}

func idempotencyParameter() *huma.Param {
	return &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
		Description: "Makes a repeat of this request safe for a day: the same key and body get the first answer again."}
}
