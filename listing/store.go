package listing

import (
	"database/sql"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type row struct {
	bun.BaseModel `bun:"table:listing_listing,alias:l"`

	Application   string `bun:",pk"`
	Slug          string
	Visibility    Visibility
	Categories    []string `bun:"type:text"`
	Links         Links    `bun:"type:text"`
	Documentation string
	TakenDown     store.Micros
	Reason        string
	Published     store.Micros
	Created       store.Micros
	Updated       store.Micros
	Revision      int64
}

func (l Listing) row() *row {
	if l.Categories == nil {
		l.Categories = []string{}
	}
	return &row{Application: l.Application, Slug: l.Slug, Visibility: l.Visibility, Categories: l.Categories, Links: l.Links, Documentation: l.Documentation,
		TakenDown: store.At(l.TakenDown), Reason: l.Reason, Published: store.At(l.Published), Created: store.At(l.Created), Updated: store.At(l.Updated), Revision: l.Revision}
}

func (r *row) listing() Listing {
	return Listing{Application: r.Application, Slug: r.Slug, Visibility: r.Visibility, Categories: r.Categories, Links: r.Links, Documentation: r.Documentation, Pictures: []Picture{},
		TakenDown: r.TakenDown.Time(), Reason: r.Reason, Published: r.Published.Time(), Created: r.Created.Time(), Updated: r.Updated.Time(), Revision: r.Revision}
}

// find loads a listing with its pictures; false: there is none.
func findOf(tx *store.Tx, app string) (Listing, bool, error) {
	var r row
	err := tx.NewSelect().Model(&r).Where("l.application = ?", app).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Listing{}, false, nil
	}
	if err != nil {
		return Listing{}, false, err
	}
	out := r.listing()
	out.Pictures, err = pictures(tx, app)
	return out, true, err
}

// taken reports whether another application has the slug.
func taken(tx *store.Tx, slug, but string) (bool, error) {
	n, err := tx.NewSelect().Model((*row)(nil)).Where("l.slug = ? AND l.application <> ?", slug, but).Count(tx.Ctx)
	return n > 0, err
}

// save writes l if nobody else did since it was loaded.
func save(tx *store.Tx, l Listing) (Listing, error) {
	was := l.Revision
	l.Revision++
	var res sql.Result
	var err error
	if was == 0 {
		res, err = tx.NewInsert().Model(l.row()).On("CONFLICT (application) DO NOTHING").Exec(tx.Ctx)
	} else {
		res, err = tx.NewUpdate().Model(l.row()).WherePK().Where("revision = ?", was).Exec(tx.Ctx)
	}
	if err != nil {
		return l, err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return l, problem.Conflict("listing_changed", "The listing has changed meanwhile. Load it again.").Because(err)
	}
	return l, nil
}

type pictureRow struct {
	bun.BaseModel `bun:"table:listing_picture,alias:p"`

	ID          PictureID `bun:",pk"`
	Application string
	Kind        PictureKind
	Alt         string
	Type        string
	Width       int
	Height      int
	Size        int64
	Created     store.Micros
	Bytes       []byte
}

func (r *pictureRow) picture() Picture {
	return Picture{ID: r.ID, Kind: r.Kind, Alt: r.Alt, Type: r.Type, Width: r.Width, Height: r.Height, Size: r.Size, Created: r.Created.Time()}
}

// pictures lists those of an application, the oldest first; of "" those of all.
func pictures(tx *store.Tx, app string) ([]Picture, error) {
	rows, err := pictureRows(tx, app)
	out := make([]Picture, len(rows))
	for i := range rows {
		out[i] = rows[i].picture()
	}
	return out, err
}

func pictureRows(tx *store.Tx, app string) ([]pictureRow, error) {
	var rows []pictureRow
	q := tx.NewSelect().Model(&rows).ExcludeColumn("bytes").Order("p.created", "p.id")
	if app != "" {
		q = q.Where("p.application = ?", app)
	}
	return rows, q.Scan(tx.Ctx)
}

func addPicture(tx *store.Tx, app string, p Picture, data []byte) error {
	return store.InsertAll(tx, []*pictureRow{{ID: p.ID, Application: app, Kind: p.Kind, Alt: p.Alt, Type: p.Type, Width: p.Width, Height: p.Height, Size: p.Size,
		Created: store.At(p.Created), Bytes: data}})
}

func removePicture(tx *store.Tx, app string, id PictureID) error {
	_, err := tx.NewDelete().Model((*pictureRow)(nil)).Where("id = ? AND application = ?", id, app).Exec(tx.Ctx)
	return err
}

func pictureBytes(tx *store.Tx, app string, id PictureID) ([]byte, error) {
	var out []byte
	err := tx.QueryRowContext(tx.Ctx, "SELECT bytes FROM listing_picture WHERE id = ? AND application = ?", id.String(), app).Scan(&out)
	if store.IsNone(err) {
		return nil, problem.NotFound("picture")
	}
	return out, err
}

// shownRow is a listing that others may see, with what the directory says of its
// application and developer.
type shownRow struct {
	Application, Slug, Visibility                  string
	Categories                                     []string `bun:"type:text"`
	Links                                          Links    `bun:"type:text"`
	Published                                      store.Micros
	PublicID, Name, Description, Homepage, Support string
	GroupID, Developer                             string
}

// shown lists them, without what is only read on their own pages; of one
// application, or of "" those of all.
func shown(tx *store.Tx, app string) ([]shownRow, error) {
	var rows []shownRow
	err := tx.NewRaw(`SELECT l.application, l.slug, l.visibility, l.categories, l.links, l.published,
			a.public_id, a.name, a.description, a.homepage, a.support, a.group_id, g.name AS developer
		FROM listing_listing l JOIN application_application a ON a.id = l.application JOIN group_group g ON g.id = a.group_id
		WHERE l.visibility IN (?, ?) AND l.taken_down = 0 AND a.state = ? AND a.restricted = 0 AND g.state = ? AND (? = '' OR l.application = ?)`,
		Public, Unlisted, application.Active, group.Active, app, app).Scan(tx.Ctx, &rows)
	return rows, err
}

// used counts, by application, the production accounts in which it is at work.
func used(tx *store.Tx) (map[string]int, error) {
	var rows []struct {
		Application string
		N           int
	}
	err := tx.NewRaw(`SELECT i.application, COUNT(DISTINCT i.account) AS n FROM integration_installation i JOIN account_account a ON a.id = i.account
		WHERE i.state = ? AND a.kind = ? GROUP BY i.application`, integration.Active, account.Production).Scan(tx.Ctx, &rows)
	out := map[string]int{}
	for _, r := range rows {
		out[r.Application] = r.N
	}
	return out, err
}

// documentation is the text of a listing.
func documentation(tx *store.Tx, app string) (string, error) {
	var out string
	err := tx.NewRaw("SELECT documentation FROM listing_listing WHERE application = ?", app).Scan(tx.Ctx, &out)
	return out, err
}

// all lists every listing, those that the operator took down first.
func all(tx *store.Tx) ([]Listing, error) {
	var rows []row
	if err := tx.NewSelect().Model(&rows).ExcludeColumn("documentation").Order("l.taken_down DESC", "l.slug").Limit(2000).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Listing, len(rows))
	for i := range rows {
		out[i] = rows[i].listing()
	}
	return out, nil
}

// asShown is the listing as it would be shown.
func (l Listing) asShown(a application.Application, developer string) shownRow {
	r := l.row()
	return shownRow{Application: r.Application, Slug: r.Slug, Visibility: string(r.Visibility), Categories: r.Categories, Links: r.Links, Published: r.Published,
		PublicID: a.PublicID, Name: a.Name, Description: a.Description, Homepage: a.Homepage, Support: a.Support, GroupID: a.Group, Developer: developer}
}
