package authorization

import (
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type requestRow struct {
	bun.BaseModel `bun:"table:authorization_request,alias:r"`

	ID          ID `bun:",pk"`
	Kind        Kind
	Application string
	Params      Params `bun:"type:text"`
	State       State
	UserID      string
	Account     string
	GrantID     string
	Granted     []string `bun:"type:text"`
	SignedIn    store.Micros
	KeyDigest   string
	UserDigest  string
	Polled      store.Micros
	Every       int64
	Created     store.Micros
	Expires     store.Micros
}

// hex is the stored form of a digest, "" for none.
func hex(d secret.Digest) string {
	if d == (secret.Digest{}) {
		return ""
	}
	return d.String()
}

// list keeps JSON columns from holding null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func (r Request) row() *requestRow {
	return &requestRow{ID: r.ID, Kind: r.Kind, Application: r.Application, Params: r.Params, State: r.State, UserID: r.User, Account: r.Account,
		GrantID: r.Grant, Granted: list(r.Granted), SignedIn: store.At(r.SignedIn), KeyDigest: hex(r.key), UserDigest: hex(r.user),
		Polled: store.At(r.polled), Every: r.every.Microseconds(), Created: store.At(r.Created), Expires: store.At(r.Expires)}
}

func (r *requestRow) request() (Request, error) {
	out := Request{ID: r.ID, Kind: r.Kind, Application: r.Application, Params: r.Params, State: r.State, User: r.UserID, Account: r.Account,
		Grant: r.GrantID, Granted: r.Granted, SignedIn: r.SignedIn.Time(), Created: r.Created.Time(), Expires: r.Expires.Time(),
		polled: r.Polled.Time(), every: time.Duration(r.Every) * time.Microsecond}
	for text, into := range map[string]*secret.Digest{r.KeyDigest: &out.key, r.UserDigest: &out.user} {
		if text == "" {
			continue
		}
		d, err := secret.ParseDigest(text)
		if err != nil {
			return out, err
		}
		*into = d
	}
	return out, nil
}

func insertRequest(tx *store.Tx, r Request) error {
	_, err := tx.NewInsert().Model(r.row()).Exec(tx.Ctx)
	return err
}

// saveRequest writes r if its state is still was.
func saveRequest(tx *store.Tx, r Request, was State) error {
	res, err := tx.NewUpdate().Model(r.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	return won(res, err)
}

func findRequest(tx *store.Tx, where string, arg any) (Request, error) {
	var r requestRow
	err := tx.NewSelect().Model(&r).Where(where, arg).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Request{}, problem.NotFound("authorization request")
	}
	if err != nil {
		return Request{}, err
	}
	return r.request()
}

var errMeanwhile = problem.Conflict("authorization_changed", "This was answered or used meanwhile.")

// won reports whether a compare-and-swap was the first.
func won(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errMeanwhile.Because(err)
	}
	return nil
}

type codeRow struct {
	bun.BaseModel `bun:"table:authorization_code,alias:c"`

	Digest      string `bun:",pk"`
	Request     string
	Application string
	GrantID     string
	Account     string
	UserID      string
	Params      Params   `bun:"type:text"`
	Scopes      []string `bun:"type:text"`
	SignedIn    store.Micros
	State       CodeState
	Family      string
	Created     store.Micros
	Expires     store.Micros
	Redeemed    store.Micros
}

func (c Code) row() *codeRow {
	return &codeRow{Digest: c.Digest.String(), Request: c.Request, Application: c.Application, GrantID: c.Grant, Account: c.Account, UserID: c.User,
		Params: c.Params, Scopes: list(c.Scopes), SignedIn: store.At(c.SignedIn), State: c.State, Family: c.Family,
		Created: store.At(c.Created), Expires: store.At(c.Expires), Redeemed: store.At(c.Redeemed)}
}

func insertCode(tx *store.Tx, c Code) error {
	_, err := tx.NewInsert().Model(c.row()).Exec(tx.Ctx)
	return err
}

func saveCode(tx *store.Tx, c Code, was CodeState) error {
	res, err := tx.NewUpdate().Model(c.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	return won(res, err)
}

func findCode(tx *store.Tx, d secret.Digest) (Code, error) {
	var r codeRow
	err := tx.NewSelect().Model(&r).Where("digest = ?", d.String()).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Code{}, problem.NotFound("code")
	}
	return Code{Digest: d, Request: r.Request, Application: r.Application, Grant: r.GrantID, Account: r.Account, User: r.UserID, Params: r.Params,
		Scopes: r.Scopes, SignedIn: r.SignedIn.Time(), State: r.State, Family: r.Family,
		Created: r.Created.Time(), Expires: r.Expires.Time(), Redeemed: r.Redeemed.Time()}, err
}

type familyRow struct {
	bun.BaseModel `bun:"table:authorization_family,alias:f"`

	ID           FamilyID `bun:",pk"`
	Application  string
	ClientID     string
	Public       store.Bool
	GrantID      string
	Account      string
	UserID       string
	Scopes       []string `bun:"type:text"`
	Identity     []string `bun:"type:text"`
	Resources    []string `bun:"type:text"`
	Confirmation string
	Nonce        string
	SignedIn     store.Micros
	State        FamilyState
	Reason       string
	Revision     int64
	Created      store.Micros
	Expires      store.Micros
}

func (f Family) row() *familyRow {
	return &familyRow{ID: f.ID, Application: f.Application, ClientID: f.ClientID, Public: store.Bool(f.Public), GrantID: f.Grant, Account: f.Account,
		UserID: f.User, Scopes: list(f.Scopes), Identity: list(f.Identity), Resources: list(f.Resources), Confirmation: f.Confirmation,
		Nonce: f.Nonce, SignedIn: store.At(f.SignedIn), State: f.State, Reason: f.Reason, Revision: f.Revision,
		Created: store.At(f.Created), Expires: store.At(f.Expires)}
}

func (r *familyRow) family() Family {
	return Family{ID: r.ID, Application: r.Application, ClientID: r.ClientID, Public: bool(r.Public), Grant: r.GrantID, Account: r.Account,
		User: r.UserID, Scopes: r.Scopes, Identity: r.Identity, Resources: r.Resources, Confirmation: r.Confirmation, Nonce: r.Nonce,
		SignedIn: r.SignedIn.Time(), State: r.State, Reason: r.Reason, Revision: r.Revision, Created: r.Created.Time(), Expires: r.Expires.Time()}
}

func insertFamily(tx *store.Tx, f Family) error {
	_, err := tx.NewInsert().Model(f.row()).Exec(tx.Ctx)
	return err
}

// saveFamily writes f if nobody else did since it was loaded.
func saveFamily(tx *store.Tx, f Family) error {
	r := f.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", f.Revision).Exec(tx.Ctx)
	return won(res, err)
}

func findFamily(tx *store.Tx, id string) (Family, error) {
	var r familyRow
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Family{}, problem.NotFound("authorization")
	}
	return r.family(), err
}

// familiesOf gives the live families of a grant.
func familiesOf(tx *store.Tx, grantID string) ([]Family, error) {
	var rows []familyRow
	if err := tx.NewSelect().Model(&rows).Where("grant_id = ? AND state = ?", grantID, FamilyLive).Order("f.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Family, len(rows))
	for i := range rows {
		out[i] = rows[i].family()
	}
	return out, nil
}

// latestFamily gives the newest line of a grant, whether or not it lives.
func latestFamily(tx *store.Tx, grantID string) (Family, error) {
	var r familyRow
	err := tx.NewSelect().Model(&r).Where("grant_id = ?", grantID).Order("f.id DESC").Limit(1).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Family{}, errNotOurs
	}
	return r.family(), err
}

// familiesMost bounds a list.
const familiesMost = 500

func familiesOfApplication(tx *store.Tx, application string, now time.Time) ([]Family, error) {
	var rows []familyRow
	if err := tx.NewSelect().Model(&rows).Where("application = ? AND state = ? AND expires > ?", application, FamilyLive, store.At(now)).
		Order("f.id DESC").Limit(familiesMost).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Family, len(rows))
	for i := range rows {
		out[i] = rows[i].family()
	}
	return out, nil
}

// dropRecoveries ends recovery codes of a grant that nobody has redeemed: one at a
// time.
func dropRecoveries(tx *store.Tx, grantID string, now time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE authorization_code SET expires = ? WHERE grant_id = ? AND request = '' AND state = ? AND expires > ?",
		store.At(now), grantID, CodeIssued, store.At(now))
	return err
}

// identityKnown gives what a person has told an application about themselves
// before.
func identityKnown(tx *store.Tx, application, user string) ([]string, error) {
	var rows []familyRow
	err := tx.NewSelect().Model(&rows).Where("application = ? AND user_id = ?", application, user).Limit(100).Scan(tx.Ctx)
	var out []string
	for _, r := range rows {
		out = append(out, r.Identity...)
	}
	return out, err
}
