package release

import (
	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest"
)

// packageRow is a package. Its bytes are left out until they are needed.
type packageRow struct {
	bun.BaseModel `bun:"table:release_package,alias:p"`

	Version      ID `bun:",pk"`
	Key          string
	Digest       string
	Size         int64
	Compatible   store.Bool
	Capabilities []string           `bun:"type:text"`
	Findings     []manifest.Finding `bun:"type:text"`
	Created      store.Micros
	CreatedBy    string
	Bundle       []byte
}

func (r *packageRow) info() PackageInfo {
	return PackageInfo{Version: r.Version, Key: r.Key, Digest: r.Digest, Size: r.Size, Compatible: bool(r.Compatible), Capabilities: r.Capabilities,
		Findings: r.Findings, Created: r.Created.Time(), CreatedBy: r.CreatedBy}
}

func putPackage(tx *store.Tx, p PackageInfo, archive []byte) error {
	if err := removePackage(tx, p.Version.String()); err != nil && problem.CodeOf(err) != "not_found" {
		return err
	}
	return store.InsertAll(tx, []*packageRow{{Version: p.Version, Key: p.Key, Digest: p.Digest, Size: p.Size, Compatible: store.Bool(p.Compatible),
		Capabilities: p.Capabilities, Findings: p.Findings, Created: store.At(p.Created), CreatedBy: p.CreatedBy, Bundle: archive}})
}

func removePackage(tx *store.Tx, version string) error {
	res, err := tx.NewDelete().Model((*packageRow)(nil)).Where("version = ?", version).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return problem.NotFound("package").Because(err)
	}
	return nil
}

func findPackage(tx *store.Tx, version string) (PackageInfo, bool, error) {
	var r packageRow
	err := tx.NewSelect().Model(&r).ExcludeColumn("bundle").Where("version = ?", version).Scan(tx.Ctx)
	if store.IsNone(err) {
		return PackageInfo{}, false, nil
	}
	return r.info(), err == nil, err
}

func packageBytes(tx *store.Tx, version string) ([]byte, error) {
	var out []byte
	err := tx.QueryRowContext(tx.Ctx, "SELECT bundle FROM release_package WHERE version = ?", version).Scan(&out)
	return out, err
}

// lastKey is what the package of a version is called, or else that of the newest
// other version of its application; "" when there is none.
func lastKey(tx *store.Tx, v Version) (string, error) {
	var key string
	err := tx.QueryRowContext(tx.Ctx, `SELECT p.key FROM release_package p JOIN release_version v ON v.id = p.version WHERE v.application = ?
		ORDER BY CASE WHEN v.id = ? THEN 0 ELSE 1 END, v.id DESC LIMIT 1`, v.Application, v.ID.String()).Scan(&key)
	if store.IsNone(err) {
		return "", nil
	}
	return key, err
}
