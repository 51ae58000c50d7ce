package announcement

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:announcement_announcement,alias:n"`

	ID        ID `bun:",pk"`
	Title     string
	Body      string
	Link      string
	Audience  Audience `bun:"type:text"`
	Starts    store.Micros
	Ends      store.Micros
	Withdrawn store.Micros
	Created   store.Micros
	Updated   store.Micros
	Revision  int64
}

func (a Announcement) row() *row {
	return &row{ID: a.ID, Title: a.Title, Body: a.Text, Link: a.Link, Audience: a.Audience, Starts: store.At(a.Starts), Ends: store.At(a.Ends),
		Withdrawn: store.At(a.Withdrawn), Created: store.At(a.Created), Updated: store.At(a.Updated), Revision: a.Revision}
}

func (r *row) announcement() Announcement {
	return Announcement{ID: r.ID, Draft: Draft{Title: r.Title, Text: r.Body, Link: r.Link, Audience: r.Audience, Starts: r.Starts.Time(), Ends: r.Ends.Time()},
		Withdrawn: r.Withdrawn.Time(), Created: r.Created.Time(), Updated: r.Updated.Time(), Revision: r.Revision}
}

func insert(tx *store.Tx, a Announcement) error {
	_, err := tx.NewInsert().Model(a.row()).Exec(tx.Ctx)
	return err
}

// save writes a if nobody else did since it was loaded.
func save(tx *store.Tx, a Announcement) (Announcement, error) {
	was := a.Revision
	a.Revision++
	res, err := tx.NewUpdate().Model(a.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return a, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return a, errChanged(err)
	}
	return a, nil
}

func these(tx *store.Tx, q *bun.SelectQuery) ([]Announcement, error) {
	var rows []row
	if err := q.Model(&rows).Order("n.starts DESC", "n.id DESC").Limit(200).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Announcement, len(rows))
	for i := range rows {
		out[i] = rows[i].announcement()
	}
	return out, nil
}

func all(tx *store.Tx) ([]Announcement, error) { return these(tx, tx.NewSelect()) }

func find(tx *store.Tx, id ID) (Announcement, error) {
	got, err := these(tx, tx.NewSelect().Where("n.id = ?", id))
	if err != nil {
		return Announcement{}, err
	}
	if len(got) == 0 {
		return Announcement{}, problem.NotFound("announcement")
	}
	return got[0], nil
}

// live are those that are shown now.
func live(tx *store.Tx) ([]Announcement, error) {
	now := store.At(tx.Now())
	return these(tx, tx.NewSelect().Where("n.withdrawn = 0 AND n.starts <= ? AND (n.ends = 0 OR n.ends > ?)", now, now))
}

// reached tells which announcements reach any of the groups.
func reached(tx *store.Tx, groups []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(groups) == 0 {
		return out, nil
	}
	var ids []string
	if err := tx.NewRaw("SELECT DISTINCT announcement FROM announcement_reach WHERE group_id IN (?)", bun.In(groups)).Scan(tx.Ctx, &ids); err != nil {
		return nil, err
	}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// setReach replaces the groups that an announcement reaches.
func setReach(tx *store.Tx, id ID, groups []string) error {
	if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM announcement_reach WHERE announcement = ?", id); err != nil {
		return err
	}
	for _, g := range groups {
		if _, err := tx.ExecContext(tx.Ctx, "INSERT INTO announcement_reach (announcement, group_id) VALUES (?, ?)", id, g); err != nil {
			return err
		}
	}
	return nil
}

// activeGroups lists every group that is not archived.
func activeGroups(tx *store.Tx) ([]string, error) {
	var ids []string
	err := tx.NewRaw("SELECT id FROM group_group WHERE state <> 'archived' ORDER BY id").Scan(tx.Ctx, &ids)
	return ids, err
}

// withTier lists the groups that have one of the tiers.
func withTier(tx *store.Tx, tiers []string) ([]string, error) {
	var ids []string
	err := tx.NewRaw("SELECT group_id FROM programme_partner WHERE tier IN (?)", bun.In(tiers)).Scan(tx.Ctx, &ids)
	return ids, err
}

// owners lists the groups of applications.
func owners(tx *store.Tx, applications []string) ([]string, error) {
	if len(applications) == 0 {
		return nil, nil
	}
	var ids []string
	err := tx.NewRaw("SELECT DISTINCT group_id FROM application_application WHERE id IN (?)", bun.In(applications)).Scan(tx.Ctx, &ids)
	return ids, err
}

// naming lists the groups whose live versions name a type of event.
func naming(tx *store.Tx, event string) ([]string, error) {
	var ids []string
	err := tx.NewRaw(`SELECT DISTINCT a.group_id FROM release_version v JOIN application_application a ON a.id = v.application
		WHERE v.state IN ('live', 'deprecated') AND v.events LIKE ?`, `%"`+event+`"%`).Scan(tx.Ctx, &ids)
	return ids, err
}

// administrated tells whether somebody administers an account.
func administrated(tx *store.Tx, user string) (bool, error) {
	var n int64
	err := tx.NewRaw("SELECT count(*) FROM account_member WHERE user_id = ? AND role = 'admin'", user).Scan(tx.Ctx, &n)
	return n > 0, err
}

// administrators lists the accounts that anybody administers.
func administratedAccounts(tx *store.Tx) ([]string, error) {
	var ids []string
	err := tx.NewRaw("SELECT DISTINCT account FROM account_member WHERE role = 'admin' ORDER BY account").Scan(tx.Ctx, &ids)
	return ids, err
}

// usedSince is how far back the use of an operation counts.
func usedSince(now time.Time) time.Time { return now.AddDate(0, 0, -29) }
