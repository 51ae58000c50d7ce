package identity

import (
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

type passkeyRow struct {
	bun.BaseModel `bun:"table:identity_passkey"`

	ID         PasskeyID `bun:",pk"`
	UserID     ID
	Credential string
	Record     string
	Name       string
	Created    store.Micros
	Used       store.Micros
}

func (k Passkey) row() (*passkeyRow, error) {
	b, err := json.Marshal(k.credential)
	return &passkeyRow{ID: k.ID, UserID: k.user, Credential: credentialKey(k.credential.ID), Record: string(b), Name: k.Name,
		Created: store.At(k.Created), Used: store.At(k.Used)}, err
}

func (r *passkeyRow) passkey() (Passkey, error) {
	k := Passkey{ID: r.ID, user: r.UserID, Name: r.Name, Created: r.Created.Time(), Used: r.Used.Time()}
	err := json.Unmarshal([]byte(r.Record), &k.credential)
	k.Synced = k.credential.Flags.BackupEligible
	return k, err
}

// putPasskey adds a passkey. Conflict `passkey_known` when the credential
// belongs to somebody already.
func putPasskey(tx *store.Tx, k Passkey) error {
	r, err := k.row()
	if err != nil {
		return err
	}
	res, err := tx.NewInsert().Model(r).On("CONFLICT (credential) DO NOTHING").Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("passkey_known", "This passkey is in use already.").Because(err)
	}
	tx.Changed(Topic, k.user.String())
	return nil
}

func savePasskey(tx *store.Tx, k Passkey) error {
	r, err := k.row()
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model(r).WherePK().Exec(tx.Ctx)
	return err
}

func dropPasskey(tx *store.Tx, k Passkey) error {
	_, err := tx.NewDelete().Model((*passkeyRow)(nil)).Where("id = ?", k.ID).Exec(tx.Ctx)
	tx.Changed(Topic, k.user.String())
	return err
}

func passkeys(tx *store.Tx, user ID) ([]Passkey, error) {
	var rows []passkeyRow
	if err := tx.NewSelect().Model(&rows).Where("user_id = ?", user).Order("id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Passkey, len(rows))
	for i := range rows {
		k, err := rows[i].passkey()
		if err != nil {
			return nil, err
		}
		out[i] = k
	}
	return out, nil
}

func passkey(tx *store.Tx, user ID, id PasskeyID) (Passkey, error) {
	var r passkeyRow
	err := tx.NewSelect().Model(&r).Where("id = ? AND user_id = ?", id, user).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Passkey{}, problem.NotFound("passkey")
	}
	if err != nil {
		return Passkey{}, err
	}
	return r.passkey()
}
