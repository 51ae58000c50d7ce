package domain

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:domain_domain,alias:d"`

	ID        ID `bun:",pk"`
	GroupID   string
	Name      string
	Challenge string
	State     State
	Method    Method
	Proven    store.Micros
	Checked   store.Micros
	Tried     store.Micros
	Failing   store.Micros
	FaultDNS  string `bun:"fault_dns"`
	FaultFile string
	Created   store.Micros
	Revision  int64
}

func (d Domain) row() *row {
	return &row{ID: d.ID, GroupID: d.Group, Name: d.Name, Challenge: d.Challenge, State: d.State, Method: d.Method, Proven: store.At(d.Proven),
		Checked: store.At(d.Checked), Tried: store.At(d.tried), Failing: store.At(d.Failing), FaultDNS: d.Fault.DNS, FaultFile: d.Fault.File,
		Created: store.At(d.Created), Revision: d.revision}
}

func (r *row) domain() Domain {
	d := Domain{ID: r.ID, Group: r.GroupID, Name: r.Name, Challenge: r.Challenge, State: r.State, Method: r.Method, Proven: r.Proven.Time(),
		Checked: r.Checked.Time(), Failing: r.Failing.Time(), Fault: Fault{DNS: r.FaultDNS, File: r.FaultFile}, Created: r.Created.Time(),
		tried: r.Tried.Time(), revision: r.Revision}
	d.Proof = d.proof()
	return d
}

func insert(tx *store.Tx, d Domain) error {
	_, err := tx.NewInsert().Model(d.row()).Exec(tx.Ctx)
	return err
}

// save writes d if nobody else did since it was loaded.
func save(tx *store.Tx, d Domain) error {
	was := d.revision
	d.revision++
	res, err := tx.NewUpdate().Model(d.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("domain_changed", "The domain has changed meanwhile. Look at it again.").Because(err)
	}
	return nil
}

func remove(tx *store.Tx, id ID) error {
	_, err := tx.NewDelete().Model((*row)(nil)).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

func these(tx *store.Tx, q *bun.SelectQuery) ([]Domain, error) {
	var rows []row
	if err := q.Model(&rows).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Domain, len(rows))
	for i := range rows {
		out[i] = rows[i].domain()
	}
	return out, nil
}

func find(tx *store.Tx, id ID) (Domain, error) {
	got, err := these(tx, tx.NewSelect().Where("d.id = ?", id))
	if err != nil {
		return Domain{}, err
	}
	if len(got) == 0 {
		return Domain{}, problem.NotFound("domain")
	}
	return got[0], nil
}

func ofGroup(tx *store.Tx, group string) ([]Domain, error) {
	return these(tx, tx.NewSelect().Where("d.group_id = ?", group).Order("d.name"))
}

// rivals are the proven domains of other groups with the same name.
func rivals(tx *store.Tx, d Domain) ([]Domain, error) {
	return these(tx, tx.NewSelect().Where("d.name = ? AND d.group_id <> ? AND d.state = ?", d.Name, d.Group, Proven).Order("d.id"))
}

// due are the proven domains behind after that want a check: the last one is
// old, did not find the proof, or another group proved the name since.
func due(tx *store.Tx, now time.Time, after ID) ([]Domain, error) {
	return these(tx, tx.NewSelect().Where("d.state = ? AND d.id > ?", Proven, after).
		Where(`d.checked <= ? OR d.failing > 0 OR EXISTS (SELECT 1 FROM domain_domain o WHERE o.name = d.name AND o.state = ? AND o.proven > d.proven)`,
			store.At(now.Add(-Fresh)), Proven).Order("d.id").Limit(dueMost))
}

func names(tx *store.Tx, group string) ([]string, error) {
	var out []string
	err := tx.NewSelect().Model((*row)(nil)).Column("name").Where("group_id = ? AND state = ?", group, Proven).Order("name").Scan(tx.Ctx, &out)
	return out, err
}
