package application

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:application_application,alias:a"`

	ID          ID `bun:",pk"`
	PublicID    string
	GroupID     string
	Name        string
	Description string
	Domains     []string `bun:"type:text"`
	Homepage    string
	Support     string
	State       State
	Reason      string
	Due         store.Micros
	APIVersion  string
	Created     store.Micros
	Restricted  store.Bool
	Thaw        *group.Thaw `bun:"type:text"` // NULL for none
	Halted      []string    `bun:"type:text"`
}

func (a Application) row() *row {
	domains := a.Domains
	if domains == nil {
		domains = []string{}
	}
	return &row{ID: a.ID, PublicID: a.PublicID, GroupID: a.Group, Name: a.Name, Description: a.Description, Domains: domains,
		Homepage: a.Homepage, Support: a.Support, State: a.State, Reason: a.Reason, Due: store.At(a.Due), APIVersion: a.APIVersion, Created: store.At(a.Created),
		Restricted: store.Bool(a.Restricted), Thaw: a.Thaw, Halted: append([]string{}, a.Halted...)}
}

func (r *row) application() Application {
	return Application{ID: r.ID, PublicID: r.PublicID, Group: r.GroupID, Name: r.Name, Description: r.Description, Domains: r.Domains,
		Homepage: r.Homepage, Support: r.Support, State: r.State, Reason: r.Reason, Due: r.Due.Time(), APIVersion: r.APIVersion, Created: r.Created.Time(),
		Restricted: bool(r.Restricted), Thaw: r.Thaw, Halted: r.Halted}
}

type keyRow struct {
	bun.BaseModel `bun:"table:application_key,alias:k"`

	ID          KeyID `bun:",pk"`
	Application ID
	ClientID    string
	Digest      string
	Hint        string
	Label       string
	State       KeyState
	Replaces    string
	Expires     store.Micros
	Created     store.Micros
	CreatedBy   string
}

func (k Key) row() *keyRow {
	return &keyRow{ID: k.ID, Application: k.Application, ClientID: k.ClientID, Digest: k.Digest.String(), Hint: k.Hint, Label: k.Label,
		State: k.State, Replaces: k.Replaces, Expires: store.At(k.Expires), Created: store.At(k.Created), CreatedBy: k.CreatedBy}
}

func (r *keyRow) key() (Key, error) {
	d, err := secret.ParseDigest(r.Digest)
	return Key{ID: r.ID, Application: r.Application, ClientID: r.ClientID, Digest: d, Hint: r.Hint, Label: r.Label,
		State: r.State, Replaces: r.Replaces, Expires: r.Expires.Time(), Created: r.Created.Time(), CreatedBy: r.CreatedBy}, err
}

func insert(tx *store.Tx, a Application) error {
	_, err := tx.NewInsert().Model(a.row()).Exec(tx.Ctx)
	return err
}

// save writes a if its state is still was.
func save(tx *store.Tx, a Application, was State) error {
	res, err := tx.NewUpdate().Model(a.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("application_changed", "The application has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func find(tx *store.Tx, where string, arg any) (Application, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where(where, arg).Where("state <> ?", Deleted).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Application{}, problem.NotFound("application")
	}
	return r.application(), err
}

func list(tx *store.Tx, group string, at Position) ([]Application, error) {
	var rows []row
	q := tx.NewSelect().Model(&rows).Where("state <> ?", Deleted).Where("a.id > ?", at.After).Order("a.id")
	if at.Limit > 0 {
		q = q.Limit(int64(at.Limit))
	}
	if group != "" {
		q = q.Where("group_id = ?", group)
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Application, len(rows))
	for i := range rows {
		out[i] = rows[i].application()
	}
	return out, nil
}

func overdue(tx *store.Tx, now time.Time) ([]Application, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Where("state = ? AND due <= ?", DeletionPending, store.At(now)).Order("a.id").Limit(100).Scan(tx.Ctx)
	out := make([]Application, len(rows))
	for i := range rows {
		out[i] = rows[i].application()
	}
	return out, err
}

func insertKey(tx *store.Tx, k Key) error {
	_, err := tx.NewInsert().Model(k.row()).Exec(tx.Ctx)
	return err
}

// saveKey writes k if its state is still was: of two rotations one wins.
func saveKey(tx *store.Tx, k Key, was KeyState) error {
	res, err := tx.NewUpdate().Model(k.row()).WherePK().Where("state = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("key_changed", "The key has changed meanwhile. Load it again.").Because(err)
	}
	return nil
}

func findKey(tx *store.Tx, where string, args ...any) (Key, error) {
	var r keyRow
	err := tx.NewSelect().Model(&r).Where(where, args...).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Key{}, problem.NotFound("key")
	}
	if err != nil {
		return Key{}, err
	}
	return r.key()
}

func keys(tx *store.Tx, app ID) ([]Key, error) {
	var rows []keyRow
	if err := tx.NewSelect().Model(&rows).Where("application = ?", app).Order("k.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Key, len(rows))
	for i := range rows {
		k, err := rows[i].key()
		if err != nil {
			return nil, err
		}
		out[i] = k
	}
	return out, nil
}

type clientRow struct {
	bun.BaseModel `bun:"table:application_client,alias:c"`

	Application  ID       `bun:",pk"`
	RedirectURIs []string `bun:"redirect_uris,type:text"`
	Public       store.Bool
	Native       store.Bool
	AuthMethod   AuthMethod
	JWKS         string `bun:"jwks"`
	JWKSURI      string `bun:"jwks_uri"`
	TokenFormat  TokenFormat
	DPoPBound    store.Bool `bun:"dpop_bound"`
	Revision     int64
	Updated      store.Micros
}

func (c Client) row() *clientRow {
	return &clientRow{Application: c.Application, RedirectURIs: c.RedirectURIs, Public: store.Bool(c.Public), Native: store.Bool(c.Native),
		AuthMethod: c.AuthMethod, JWKS: string(c.JWKS), JWKSURI: c.JWKSURI, TokenFormat: c.TokenFormat, DPoPBound: store.Bool(c.DPoPBound),
		Revision: c.Revision, Updated: store.At(c.Updated)}
}

func (r *clientRow) client() Client {
	c := Client{Application: r.Application, RedirectURIs: r.RedirectURIs, Public: bool(r.Public), Native: bool(r.Native), AuthMethod: r.AuthMethod,
		JWKSURI: r.JWKSURI, TokenFormat: r.TokenFormat, DPoPBound: bool(r.DPoPBound), Revision: r.Revision, Updated: r.Updated.Time()}
	if r.JWKS != "" {
		c.JWKS = json.RawMessage(r.JWKS)
	}
	return c
}

// findClient gives the defaults where nothing was entered.
func findClient(tx *store.Tx, app ID) (Client, error) {
	var r clientRow
	err := tx.NewSelect().Model(&r).Where("application = ?", app).Scan(tx.Ctx)
	if store.IsNone(err) {
		return newClient(app), nil
	}
	return r.client(), err
}

// saveClient writes c if nobody else did since it was loaded.
func saveClient(tx *store.Tx, c Client) (Client, error) {
	was := c.Revision
	c.Revision++
	changed := func(res sql.Result, err error) error {
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return problem.Conflict("client_changed", "The settings have changed meanwhile. Load them again.").Because(err)
		}
		return nil
	}
	if was == 0 {
		return c, changed(tx.NewInsert().Model(c.row()).On("CONFLICT (application) DO NOTHING").Exec(tx.Ctx))
	}
	return c, changed(tx.NewUpdate().Model(c.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx))
}

type hold struct {
	bun.BaseModel `bun:"table:application_hold"`

	Application ID     `bun:",pk"`
	Holder      string `bun:",pk"`
	Name        string
}

// PlaceHold makes Delete refuse, naming name, until ReleaseHold.
func PlaceHold(tx *store.Tx, app ID, holder, name string) error {
	h := &hold{Application: app, Holder: holder, Name: name}
	_, err := tx.NewInsert().Model(h).On("CONFLICT (application, holder) DO UPDATE").Set("name = EXCLUDED.name").Exec(tx.Ctx)
	return err
}

// ReleaseHold takes a hold away; none there is fine.
func ReleaseHold(tx *store.Tx, app ID, holder string) error {
	_, err := tx.NewDelete().Model((*hold)(nil)).Where("application = ? AND holder = ?", app, holder).Exec(tx.Ctx)
	return err
}

func holds(tx *store.Tx, app ID) ([]hold, error) {
	var rows []hold
	err := tx.NewSelect().Model(&rows).Where("application = ?", app).Order("holder").Scan(tx.Ctx)
	return rows, err
}
