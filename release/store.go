package release

import (
	"database/sql"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:release_version,alias:v"`

	ID          ID `bun:",pk"`
	Application string
	Number      string
	State       State
	Required    []Request `bun:"type:text"`
	Optional    []Request `bun:"type:text"`
	UserName    string
	RoleName    string
	Delegation  string
	Events      []string `bun:"type:text"`
	Listing     Listing  `bun:"type:text"`
	Notes       string
	Created     store.Micros
	Released    store.Micros
	Stage       Stage `bun:"type:text"`
	Paused      store.Micros
	Reason      string
	Submitted   store.Micros
	SubmittedBy string
	Reviewer    string
	Approved    store.Micros
	ApprovedFor string
	Ends        store.Micros
	RolledBack  store.Micros
	Revision    int64
}

func (v Version) row() *row {
	if v.Required == nil {
		v.Required = []Request{}
	}
	if v.Optional == nil {
		v.Optional = []Request{}
	}
	if v.Events == nil {
		v.Events = []string{}
	}
	return &row{ID: v.ID, Application: v.Application, Number: v.Number, State: v.State, Required: v.Required, Optional: v.Optional,
		UserName: v.UserName, RoleName: v.RoleName, Delegation: v.Delegation, Events: v.Events, Listing: v.Listing, Notes: v.Notes,
		Created: store.At(v.Created), Released: store.At(v.Released), Stage: v.Stage, Paused: store.At(v.Paused), Reason: v.Reason, Submitted: store.At(v.Submitted),
		SubmittedBy: v.SubmittedBy, Reviewer: v.Reviewer, Approved: store.At(v.Approved), ApprovedFor: v.approvedFor, Ends: store.At(v.Ends), RolledBack: store.At(v.RolledBack), Revision: v.revision}
}

func (r *row) version() Version {
	return Version{ID: r.ID, Application: r.Application, Number: r.Number, State: r.State, Required: r.Required, Optional: r.Optional,
		UserName: r.UserName, RoleName: r.RoleName, Delegation: r.Delegation, Events: r.Events, Listing: r.Listing, Notes: r.Notes,
		Created: r.Created.Time(), Released: r.Released.Time(), Stage: r.Stage, Paused: r.Paused.Time(), Reason: r.Reason, Submitted: r.Submitted.Time(),
		SubmittedBy: r.SubmittedBy, Reviewer: r.Reviewer, Approved: r.Approved.Time(), approvedFor: r.ApprovedFor, Ends: r.Ends.Time(), RolledBack: r.RolledBack.Time(), revision: r.Revision}
}

func insert(tx *store.Tx, v Version) error {
	_, err := tx.NewInsert().Model(v.row()).Exec(tx.Ctx)
	return err
}

// save writes v if nobody else did since it was loaded.
func save(tx *store.Tx, v Version) (Version, error) {
	was := v.revision
	v.revision++
	res, err := tx.NewUpdate().Model(v.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	if err != nil {
		return v, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return v, problem.Conflict("version_changed", "The version has changed meanwhile. Load it again.").Because(err)
	}
	return v, nil
}

// endingBefore are deprecated versions whose end lies between now and a time.
func endingBefore(tx *store.Tx, at time.Time) ([]Version, error) {
	return these(tx, tx.NewSelect().Where("state = ? AND ends > ? AND ends <= ?", Deprecated, store.At(tx.Now()), store.At(at)).Order("v.id"))
}

func these(tx *store.Tx, q *bun.SelectQuery) ([]Version, error) {
	var rows []row
	if err := q.Model(&rows).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Version, len(rows))
	for i := range rows {
		out[i] = rows[i].version()
	}
	return out, nil
}

func find(tx *store.Tx, id string) (Version, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("id = ?", id).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Version{}, problem.NotFound("version")
	}
	return r.version(), err
}

func list(tx *store.Tx, application string) ([]Version, error) {
	return these(tx, tx.NewSelect().Where("application = ?", application).Order("v.id DESC"))
}

type verificationRow struct {
	bun.BaseModel `bun:"table:release_verification,alias:w"`

	Application string `bun:",pk"`
	State       VerificationState
	Reason      string
	Since       store.Micros
	Statement   Statement `bun:"type:text"`
	Covered     string    // JSON, "" for none
	SubmittedBy string
	Reviewer    string
	Note        string
	Revision    int64
}

func (v Verification) row() (*verificationRow, error) {
	r := &verificationRow{Application: v.Application, State: v.State, Reason: v.Reason, Since: store.At(v.Since), Statement: v.Statement,
		SubmittedBy: v.SubmittedBy, Reviewer: v.Reviewer, Note: v.Note, Revision: v.Revision}
	if v.Covered == nil {
		return r, nil
	}
	raw, err := json.Marshal(v.Covered)
	r.Covered = string(raw)
	return r, err
}

func (r *verificationRow) verification() (Verification, error) {
	v := Verification{Application: r.Application, State: r.State, Reason: r.Reason, Since: r.Since.Time(), Statement: r.Statement,
		SubmittedBy: r.SubmittedBy, Reviewer: r.Reviewer, Note: r.Note, Revision: r.Revision}
	if r.Covered == "" {
		return v, nil
	}
	v.Covered = &Snapshot{}
	return v, json.Unmarshal([]byte(r.Covered), v.Covered)
}

// findVerification gives a draft where nobody asked for a review yet.
func findVerification(tx *store.Tx, app string) (Verification, error) {
	var r verificationRow
	err := tx.NewSelect().Model(&r).Where("application = ?", app).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Verification{Application: app, State: VerificationDraft}, nil
	}
	if err != nil {
		return Verification{}, err
	}
	return r.verification()
}

// saveVerification writes v if nobody else did since it was loaded.
func saveVerification(tx *store.Tx, v Verification) (Verification, error) {
	was := v.Revision
	v.Revision++
	r, err := v.row()
	if err != nil {
		return v, err
	}
	var res sql.Result
	if was == 0 {
		res, err = tx.NewInsert().Model(r).On("CONFLICT (application) DO NOTHING").Exec(tx.Ctx)
	} else {
		res, err = tx.NewUpdate().Model(r).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	}
	if err != nil {
		return v, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return v, errVerificationChanged(err)
	}
	return v, nil
}

// queued lists verifications, those that wait the longest first.
func queued(tx *store.Tx, states []VerificationState) ([]Verification, error) {
	var rows []verificationRow
	q := tx.NewSelect().Model(&rows).Order("w.since", "w.application").Limit(500)
	if len(states) > 0 {
		q = q.Where("w.state IN (?)", bun.In(states))
	}
	if err := q.Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Verification, len(rows))
	for i := range rows {
		var err error
		if out[i], err = rows[i].verification(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
