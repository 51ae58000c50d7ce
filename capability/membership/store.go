package membership

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:membership_cohort,alias:c"`

	ID            ID `bun:",pk"`
	Account       string
	Configuration string
	Installation  string
	Application   string
	Integration   string
	Place         string
	PartnerID     string
	Key           string
	Subject       string
	Kind          string
	Name          string
	URL           string `bun:"url"`
	SubjectKind   string
	Version       int64
	Members       int64
	Created       store.Micros
	Changed       store.Micros
	Writer        string
	WriterUntil   store.Micros
}

func (c *Cohort) row() *row {
	return &row{ID: c.ID, Account: c.Account, Configuration: c.Configuration, Installation: c.installation, Application: c.application, Integration: c.Integration,
		Place: c.Place, PartnerID: c.PartnerID, Key: c.Key, Subject: c.Subject, Kind: c.kind, Name: c.Name, URL: c.URL, SubjectKind: c.SubjectKind, Version: c.Version, Members: c.Members,
		Created: store.At(c.Created), Changed: store.At(c.Changed), Writer: c.writer, WriterUntil: store.At(c.until)}
}

func (r *row) cohort() Cohort {
	return Cohort{ID: r.ID, Account: r.Account, Configuration: r.Configuration, installation: r.Installation, application: r.Application, Integration: r.Integration,
		Place: r.Place, PartnerID: r.PartnerID, Key: r.Key, Subject: r.Subject, kind: r.Kind, Name: r.Name, URL: r.URL, SubjectKind: r.SubjectKind, Version: r.Version, Members: r.Members,
		Created: r.Created.Time(), Changed: r.Changed.Time(), writer: r.Writer, until: r.WriterUntil.Time()}
}

func insert(tx *store.Tx, c *Cohort) error {
	_, err := tx.NewInsert().Model(c.row()).Exec(tx.Ctx)
	return err
}

// save writes a cohort, if the call that wrote it is still the same.
func save(tx *store.Tx, c *Cohort, writer string) error {
	res, err := tx.NewUpdate().Model(c.row()).WherePK().Where("writer = ?", writer).Exec(tx.Ctx)
	return owned(res, err)
}

// hold says that a call goes on writing a cohort.
func hold(tx *store.Tx, id ID, writer string, until time.Time) error {
	res, err := tx.ExecContext(tx.Ctx, "UPDATE membership_cohort SET writer_until = ? WHERE id = ? AND writer = ?", store.At(until), id, writer)
	return owned(res, err)
}

func owned(res interface{ RowsAffected() (int64, error) }, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errBusy.Because(err)
	}
	return nil
}

// list gives cohorts by a condition, the oldest first.
func list(tx *store.Tx, limit int, where string, args ...any) ([]Cohort, error) {
	var rows []row
	q := tx.NewSelect().Model(&rows).Where(where, args...).Order("c.id")
	if limit > 0 {
		q = q.Limit(int64(limit))
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Cohort, len(rows))
	for i := range rows {
		out[i] = rows[i].cohort()
	}
	return out, nil
}

func find(tx *store.Tx, where string, args ...any) (Cohort, error) {
	got, err := list(tx, 1, where, args...)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("cohort")
	}
	if err != nil {
		return Cohort{}, err
	}
	return got[0], nil
}

type entry struct {
	bun.BaseModel `bun:"table:membership_member,alias:m"`

	Cohort  string `bun:",pk"`
	Member  string `bun:",pk"`
	Version int64  `bun:",pk"`
	Belongs int64
}

// states gives what members of a cohort are, with what is not in force yet. It goes by
// the primary key, so the versions are compared here.
func states(tx *store.Tx, id ID, who []string) (map[string]bool, error) {
	var rows []entry
	err := tx.NewSelect().Model(&rows).Where("m.cohort = ?", id).Where("m.member IN (?)", bun.In(who)).Scan(tx.Ctx)
	out, latest := make(map[string]bool, len(rows)), make(map[string]int64, len(rows))
	for _, r := range rows {
		if r.Version >= latest[r.Member] {
			latest[r.Member], out[r.Member] = r.Version, r.Belongs != 0
		}
	}
	return out, err
}

// stage writes members under a version.
func stage(tx *store.Tx, rows []*entry) error {
	_, err := tx.NewInsert().Model(&rows).On("CONFLICT (cohort, member, version) DO UPDATE").Set("belongs = EXCLUDED.belongs").Exec(tx.Ctx)
	return err
}

const piece = 2000 // rows that are deleted in one transaction

// forget deletes some of what was staged beyond a version; it tells how many.
func forget(tx *store.Tx, id ID, beyond int64) (int64, error) {
	res, err := tx.ExecContext(tx.Ctx, `DELETE FROM membership_member WHERE cohort = ? AND version > ? AND member IN
		(SELECT member FROM membership_member WHERE cohort = ? AND version > ? LIMIT ?)`, id, beyond, id, beyond, piece)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// overtake deletes what members were before a version, for those behind after; it
// gives the last of them, "" when they were the last of all.
func overtake(tx *store.Tx, id ID, version int64, after string) (string, error) {
	var who []string
	err := tx.NewSelect().Model((*entry)(nil)).Column("member").Where("cohort = ? AND version = ? AND member > ?", id, version, after).Order("member").Limit(int64(piece)).Scan(tx.Ctx, &who)
	if err != nil || len(who) == 0 {
		return "", err
	}
	_, err = tx.NewDelete().Model((*entry)(nil)).Where("cohort = ? AND member IN (?) AND +version < ?", id, bun.In(who), version).Exec(tx.Ctx)
	if len(who) < piece {
		return "", err
	}
	return who[len(who)-1], err
}

// Position is where reading goes on.
type Position struct {
	Version int64  `json:"v"`
	Member  string `json:"m"`
}

// entries reads who joined or left after a position, up to the version that is in
// force. From the beginning, those who left are left out.
func entries(tx *store.Tx, c Cohort, all bool, from Position, limit int) ([]Member, error) {
	q := tx.NewSelect().Model((*entry)(nil)).Column("member", "belongs", "version").Where("m.cohort = ? AND m.version <= ?", c.ID, c.Version).
		Where("(m.version > ? OR m.version = ? AND m.member > ?)", from.Version, from.Version, from.Member).
		Where("NOT EXISTS (SELECT 1 FROM membership_member AS n WHERE n.cohort = m.cohort AND n.member = m.member AND n.version > m.version AND n.version <= ?)", c.Version)
	if all {
		q = q.Where("m.belongs = 1")
	}
	var rows []entry
	if err := q.Order("m.version", "m.member").Limit(int64(limit)).Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{ID: r.Member, In: r.Belongs != 0, version: r.Version}
	}
	return out, nil
}
