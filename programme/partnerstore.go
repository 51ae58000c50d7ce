package programme

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type partnerRow struct {
	bun.BaseModel `bun:"table:programme_partner,alias:p"`

	GroupID   string `bun:",pk"`
	State     PartnerState
	Wants     string
	Tier      string
	Profile   Profile `bun:"type:text"`
	Applied   store.Micros
	AppliedBy string
	Reason    string
	Decided   store.Micros
	DecidedBy string
	Revision  int64
}

func (p Partner) row() *partnerRow {
	return &partnerRow{GroupID: p.Group, State: p.State, Wants: p.Wants, Tier: p.Tier, Profile: p.Profile, Applied: store.At(p.Applied), AppliedBy: p.appliedBy,
		Reason: p.Reason, Decided: store.At(p.Decided), DecidedBy: p.decidedBy, Revision: p.Revision}
}

func (r *partnerRow) partner() Partner {
	return Partner{Group: r.GroupID, State: r.State, Wants: r.Wants, Tier: r.Tier, Profile: r.Profile, Applied: r.Applied.Time(), appliedBy: r.AppliedBy,
		Reason: r.Reason, Decided: r.Decided.Time(), decidedBy: r.DecidedBy, Revision: r.Revision}
}

// partnersWhere lists partners, those that wait the longest first.
func partnersWhere(tx *store.Tx, where string, args ...any) ([]Partner, error) {
	var rows []partnerRow
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("p.applied", "p.group_id").Limit(1000).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Partner, len(rows))
	for i := range rows {
		out[i] = rows[i].partner()
	}
	return out, nil
}

// findPartner gives the zero Partner for a group that never applied.
func findPartner(tx *store.Tx, group string) (Partner, error) {
	got, err := partnersWhere(tx, "group_id = ?", group)
	if err != nil || len(got) == 0 {
		return Partner{Group: group, Profile: Profile{Contacts: []Contact{}}}, err
	}
	return got[0], nil
}

func savePartner(tx *store.Tx, p Partner) (Partner, error) {
	was := p.Revision
	p.Revision++
	if was == 0 {
		return p, inserted(tx, p.row())
	}
	return p, updated(tx, p.row(), was)
}

// inserted writes a row that nobody else has written meanwhile.
func inserted(tx *store.Tx, row any) error {
	_, err := tx.NewInsert().Model(row).Exec(tx.Ctx)
	if store.IsUnique(err) {
		return errChanged(err)
	}
	return err
}

func updated(tx *store.Tx, row any, was int64) error {
	res, err := tx.NewUpdate().Model(row).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errChanged(err)
	}
	return nil
}

type accessRow struct {
	bun.BaseModel `bun:"table:programme_access,alias:a"`

	GroupID   string `bun:",pk"`
	Preview   string `bun:",pk"`
	State     AccessState
	Why       string
	Asked     store.Micros
	AskedBy   string
	Reason    string
	Decided   store.Micros
	DecidedBy string
	Ends      store.Micros
	Revision  int64
}

func (a Access) row() *accessRow {
	return &accessRow{GroupID: a.Group, Preview: a.Preview, State: a.State, Why: a.Why, Asked: store.At(a.Asked), AskedBy: a.askedBy, Reason: a.Reason,
		Decided: store.At(a.Decided), DecidedBy: a.decidedBy, Ends: store.At(a.Ends), Revision: a.Revision}
}

func accessesWhere(tx *store.Tx, where string, args ...any) ([]Access, error) {
	var rows []accessRow
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("a.asked", "a.group_id", "a.preview").Limit(1000).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Access, len(rows))
	for i, r := range rows {
		out[i] = Access{Group: r.GroupID, Preview: r.Preview, State: r.State, Why: r.Why, Asked: r.Asked.Time(), askedBy: r.AskedBy, Reason: r.Reason,
			Decided: r.Decided.Time(), decidedBy: r.DecidedBy, Ends: r.Ends.Time(), Revision: r.Revision}
	}
	return out, nil
}

// findAccess gives one without a state where nobody asked.
func findAccess(tx *store.Tx, group, preview string) (Access, error) {
	got, err := accessesWhere(tx, "group_id = ? AND preview = ?", group, preview)
	if err != nil || len(got) == 0 {
		return Access{Group: group, Preview: preview}, err
	}
	return got[0], nil
}

func saveAccess(tx *store.Tx, a Access) (Access, error) {
	was := a.Revision
	a.Revision++
	if was == 0 {
		return a, inserted(tx, a.row())
	}
	return a, updated(tx, a.row(), was)
}

// groupFacts are what the gate remembers about a group.
type groupFacts struct {
	tier     string
	granted  map[string]time.Time // preview → end; zero: never
	accepted int64                // the newest version of the agreement that it accepted
	founded  time.Time
}

func factsOf(tx *store.Tx, group string) (*groupFacts, error) {
	f := &groupFacts{granted: map[string]time.Time{}}
	p, err := findPartner(tx, group)
	if err != nil {
		return nil, err
	}
	f.tier = p.Tier
	all, err := accessesWhere(tx, "group_id = ? AND state = ?", group, AccessGranted)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		f.granted[a.Preview] = a.Ends
	}
	var founded store.Micros
	err = tx.NewRaw("SELECT created FROM group_group WHERE id = ?", group).Scan(tx.Ctx, &founded)
	if store.IsNone(err) {
		return f, problem.NotFound("group")
	}
	if err != nil {
		return nil, err
	}
	f.founded = founded.Time()
	err = tx.NewRaw("SELECT coalesce(max(number), 0) FROM programme_acceptance WHERE group_id = ?", group).Scan(tx.Ctx, &f.accepted)
	return f, err
}
