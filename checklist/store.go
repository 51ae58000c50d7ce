package checklist

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

type runRow struct {
	bun.BaseModel `bun:"table:checklist_run,alias:r"`

	Version string `bun:",pk"`
	Content string
	Began   store.Micros
	Ended   store.Micros
	RunBy   string
	Items   []Item `bun:"type:text"`
}

func findRun(tx *store.Tx, version string) (Run, error) {
	var r runRow
	err := tx.NewSelect().Model(&r).Where("version = ?", version).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Run{Version: version, Items: []Item{}}, nil
	}
	return Run{Version: r.Version, Began: r.Began.Time(), Ended: r.Ended.Time(), By: r.RunBy, Items: r.Items, content: r.Content}, err
}

func saveRun(tx *store.Tx, r Run) error {
	row := &runRow{Version: r.Version, Content: r.content, Began: store.At(r.Began), Ended: store.At(r.Ended), RunBy: r.By, Items: r.Items}
	if row.Items == nil {
		row.Items = []Item{}
	}
	_, err := tx.NewInsert().Model(row).On("CONFLICT (version) DO UPDATE").Set("content = EXCLUDED.content").Set("began = EXCLUDED.began").
		Set("ended = EXCLUDED.ended").Set("run_by = EXCLUDED.run_by").Set("items = EXCLUDED.items").Exec(tx.Ctx)
	return err
}

type reasonRow struct {
	bun.BaseModel `bun:"table:checklist_reason,alias:w"`

	Application string `bun:",pk"`
	Scope       string `bun:",pk"`
	Body        string
	Written     store.Micros
	WrittenBy   string
}

func reasons(tx *store.Tx, application string) (map[string]string, error) {
	var rows []reasonRow
	err := tx.NewSelect().Model(&rows).Where("application = ?", application).Scan(tx.Ctx)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Scope] = r.Body
	}
	return out, err
}

func saveReason(tx *store.Tx, application, scope, text, by string) error {
	if text == "" {
		_, err := tx.NewDelete().Model((*reasonRow)(nil)).Where("application = ? AND scope = ?", application, scope).Exec(tx.Ctx)
		return err
	}
	r := &reasonRow{Application: application, Scope: scope, Body: text, Written: store.At(tx.Now()), WrittenBy: by}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (application, scope) DO UPDATE").Set("body = EXCLUDED.body").Set("written = EXCLUDED.written").
		Set("written_by = EXCLUDED.written_by").Exec(tx.Ctx)
	return err
}

type proofRow struct {
	bun.BaseModel `bun:"table:checklist_proof,alias:p"`

	Application string `bun:",pk"`
	Kind        string `bun:",pk"`
	Account     string
	Refused     store.Micros
	Recovered   store.Micros
}

func proofs(tx *store.Tx, application string, since time.Time) (map[string]Proof, error) {
	var rows []proofRow
	err := tx.NewSelect().Model(&rows).Where("application = ? AND refused >= ?", application, store.At(since)).Scan(tx.Ctx)
	out := make(map[string]Proof, len(rows))
	for _, r := range rows {
		out[r.Kind] = Proof{Kind: r.Kind, Account: r.Account, Refused: r.Refused.Time(), Recovered: r.Recovered.Time()}
	}
	return out, err
}

func saveProof(tx *store.Tx, application string, p Proof) error {
	r := &proofRow{Application: application, Kind: p.Kind, Account: p.Account, Refused: store.At(p.Refused), Recovered: store.At(p.Recovered)}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (application, kind) DO UPDATE").Set("account = EXCLUDED.account").Set("refused = EXCLUDED.refused").
		Set("recovered = EXCLUDED.recovered").Exec(tx.Ctx)
	return err
}

type submissionRow struct {
	bun.BaseModel `bun:"table:checklist_submission,alias:s"`

	ID          SubmissionID `bun:",pk"`
	Version     string
	Application string
	Number      int
	Submitted   store.Micros
	SubmittedBy string
	Due         store.Micros
	Whole       release.Whole `bun:"type:text"`
	Content     string
	Ended       store.Micros
	Outcome     string
	Reason      string
	Reminded    store.Micros
}

func (s Submission) row() *submissionRow {
	return &submissionRow{ID: s.ID, Version: s.Version, Application: s.Application, Number: s.Number, Submitted: store.At(s.Submitted), SubmittedBy: s.SubmittedBy,
		Due: store.At(s.Due), Whole: s.whole, Content: s.content, Ended: store.At(s.Ended), Outcome: s.Outcome, Reason: s.Reason, Reminded: store.At(s.reminded)}
}

func (r *submissionRow) submission() Submission {
	return Submission{ID: r.ID, Version: r.Version, Application: r.Application, Number: r.Number, Submitted: r.Submitted.Time(), SubmittedBy: r.SubmittedBy,
		Due: r.Due.Time(), whole: r.Whole, content: r.Content, Ended: r.Ended.Time(), Outcome: r.Outcome, Reason: r.Reason, reminded: r.Reminded.Time(), Marks: []Mark{}}
}

func insertSubmission(tx *store.Tx, s Submission) error {
	_, err := tx.NewInsert().Model(s.row()).Exec(tx.Ctx)
	return err
}

func saveSubmission(tx *store.Tx, s Submission) error {
	_, err := tx.NewUpdate().Model(s.row()).Column("ended", "outcome", "reason", "reminded").WherePK().Exec(tx.Ctx)
	return err
}

// submissions of a version, the latest first, with their marks.
func submissions(tx *store.Tx, version string) ([]Submission, error) {
	return readSubmissions(tx, tx.NewSelect().Where("version = ?", version).Order("s.number DESC").Limit(50))
}

// waiting are those that nobody has decided, the one that is due first first.
func waiting(tx *store.Tx) ([]Submission, error) {
	return readSubmissions(tx, tx.NewSelect().Where("ended = 0").Order("s.due", "s.id").Limit(500))
}

func readSubmissions(tx *store.Tx, q *bun.SelectQuery) ([]Submission, error) {
	var rows []submissionRow
	if err := q.Model(&rows).Scan(tx.Ctx); err != nil || len(rows) == 0 {
		return nil, err
	}
	out := make([]Submission, len(rows))
	at := make(map[string]*Submission, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		out[i] = rows[i].submission()
		ids[i] = out[i].ID.String()
		at[ids[i]] = &out[i]
	}
	var marks []markRow
	if err := tx.NewSelect().Model(&marks).Where("submission IN (?)", bun.In(ids)).Order("m.item").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	for _, m := range marks {
		s := at[m.Submission]
		s.Marks = append(s.Marks, Mark{Item: m.Item, Verdict: m.Verdict, Comment: m.Body, content: m.Content, Written: m.Written.Time(), By: m.WrittenBy})
	}
	return out, nil
}

// decided are how long the reviews took that ended since a time, in microseconds.
func decided(tx *store.Tx, since time.Time) ([]int64, error) {
	var took []int64
	err := tx.NewRaw("SELECT ended - submitted FROM checklist_submission WHERE ended >= ? AND outcome IN (?, ?) ORDER BY 1 LIMIT 10000", store.At(since), Approved, SentBack).Scan(tx.Ctx, &took)
	return took, err
}

type markRow struct {
	bun.BaseModel `bun:"table:checklist_mark,alias:m"`

	Submission string `bun:",pk"`
	Item       string `bun:",pk"`
	Verdict    Verdict
	Body       string
	Content    string
	Written    store.Micros
	WrittenBy  string
}

func saveMark(tx *store.Tx, submission SubmissionID, m Mark) error {
	r := &markRow{Submission: submission.String(), Item: m.Item, Verdict: m.Verdict, Body: m.Comment, Content: m.content, Written: store.At(m.Written), WrittenBy: m.By}
	_, err := tx.NewInsert().Model(r).On("CONFLICT (submission, item) DO UPDATE").Set("verdict = EXCLUDED.verdict").Set("body = EXCLUDED.body").
		Set("content = EXCLUDED.content").Set("written = EXCLUDED.written").Set("written_by = EXCLUDED.written_by").Exec(tx.Ctx)
	return err
}
