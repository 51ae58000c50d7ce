package connection

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

type partnerRow struct {
	bun.BaseModel `bun:"table:connection_partner,alias:p"`

	Application string `bun:",pk"`
	Authorize   string
	Exchange    string
	Issuer      string
	ClientID    string
	Secret      string
	Method      string
	Scopes      string
	BaseURI     string `bun:"base_uri"`
	Hosts       string
	Updated     store.Micros
}

// partner gives that of an application; false: there is none.
func partner(tx *store.Tx, application string) (Partner, bool, error) {
	var r partnerRow
	err := tx.NewSelect().Model(&r).Where("application = ?", application).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Partner{Application: application}, false, nil
	}
	return Partner{Application: r.Application, Authorization: r.Authorize, Token: r.Exchange, Issuer: r.Issuer, ClientID: r.ClientID, secret: r.Secret, Method: r.Method,
		Scopes: strings.Fields(r.Scopes), BaseURI: r.BaseURI, Hosts: append([]string{}, strings.Fields(r.Hosts)...), Updated: r.Updated.Time()}, err == nil, err
}

func putPartner(tx *store.Tx, p Partner) error {
	if err := dropPartner(tx, p.Application); err != nil {
		return err
	}
	r := &partnerRow{Application: p.Application, Authorize: p.Authorization, Exchange: p.Token, Issuer: p.Issuer, ClientID: p.ClientID, Secret: p.secret, Method: p.Method,
		Scopes: strings.Join(p.Scopes, " "), BaseURI: p.BaseURI, Hosts: strings.Join(p.Hosts, " "), Updated: store.At(p.Updated)}
	_, err := tx.NewInsert().Model(r).Exec(tx.Ctx)
	return err
}

func dropPartner(tx *store.Tx, application string) error {
	_, err := tx.NewDelete().Model((*partnerRow)(nil)).Where("application = ?", application).Exec(tx.Ctx)
	return err
}

type row struct {
	bun.BaseModel `bun:"table:connection_connection,alias:c"`

	Configuration string `bun:",pk"`
	Application   string
	Account       string
	State         State
	BaseURI       string `bun:"base_uri"`
	Access        string
	Refresh       string
	Expires       store.Micros
	Lifetime      int64
	Scopes        string
	ConnectedBy   string
	Connected     store.Micros
	Refreshed     store.Micros
	Fault         string
	Revision      int64
}

// find gives the connection of a configuration; one that nobody has made is None.
func find(tx *store.Tx, configuration string) (Connection, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("configuration = ?", configuration).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Connection{Configuration: configuration, State: None}, nil
	}
	return Connection{Configuration: r.Configuration, application: r.Application, account: r.Account, State: r.State, BaseURI: r.BaseURI, access: r.Access, refresh: r.Refresh,
		Expires: r.Expires.Time(), lifetime: time.Duration(r.Lifetime) * time.Microsecond, Scopes: r.Scopes, ConnectedBy: r.ConnectedBy, Connected: r.Connected.Time(),
		Refreshed: r.Refreshed.Time(), Fault: r.Fault, revision: r.Revision}, err
}

// save writes a connection if nobody else did since it was loaded; false: somebody did.
func save(tx *store.Tx, c *Connection) (bool, error) {
	was := c.revision
	if c.revision++; was == 0 {
		c.revision = tx.Now().UnixMicro() // not one that a connection before this one has had
	}
	r := &row{Configuration: c.Configuration, Application: c.application, Account: c.account, State: c.State, BaseURI: c.BaseURI, Access: c.access, Refresh: c.refresh,
		Expires: store.At(c.Expires), Lifetime: c.lifetime.Microseconds(), Scopes: c.Scopes, ConnectedBy: c.ConnectedBy, Connected: store.At(c.Connected),
		Refreshed: store.At(c.Refreshed), Fault: c.Fault, Revision: c.revision}
	if was == 0 {
		_, err := tx.NewInsert().Model(r).Exec(tx.Ctx)
		return err == nil, err
	}
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func drop(tx *store.Tx, configuration string) error {
	if _, err := tx.NewDelete().Model((*row)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx); err != nil {
		return err
	}
	_, err := tx.NewDelete().Model((*way)(nil)).Where("configuration = ?", configuration).Exec(tx.Ctx)
	return err
}

// way is an administrator who is on the way to the partner and back.
type way struct {
	bun.BaseModel `bun:"table:connection_way,alias:w"`

	State         string `bun:",pk"`
	Configuration string
	Person        string
	BaseURI       string `bun:"base_uri"`
	Verifier      string
	Expires       store.Micros
}

func (w *way) bound() string { return "connection_way|" + w.State }

func insertWay(tx *store.Tx, w *way) error {
	if err := oldWays(tx); err != nil {
		return err
	}
	_, err := tx.NewInsert().Model(w).Exec(tx.Ctx)
	return err
}

// oldWays forgets those who have not come back.
func oldWays(tx *store.Tx) error {
	_, err := tx.NewDelete().Model((*way)(nil)).Where("expires <= ?", store.At(tx.Now())).Exec(tx.Ctx)
	return err
}

// takeWay gives a way, which ends it; false: there is none.
func takeWay(tx *store.Tx, states []string) (way, bool, error) {
	var w way
	err := tx.NewSelect().Model(&w).Where("state IN (?)", bun.In(states)).Scan(tx.Ctx)
	if store.IsNone(err) {
		return w, false, nil
	}
	if err != nil {
		return w, false, err
	}
	res, err := tx.NewDelete().Model(&w).WherePK().Exec(tx.Ctx)
	if err != nil {
		return w, false, err
	}
	n, err := res.RowsAffected()
	return w, n == 1 && w.Expires.Time().After(tx.Now()), err
}
