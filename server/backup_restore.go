package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// RestoreOrder says what to restore and how.
type RestoreOrder struct {
	File string
	// Force moves a database that is there aside, and takes from it what was
	// revoked since the backup.
	Force bool
	// KeepKeys keeps the credentials that live long although it cannot be known
	// whether they were revoked since the backup.
	KeepKeys bool
	Log      *slog.Logger
}

// Restored tells what a restore did.
type Restored struct {
	Until    store.Micros // the last recorded change in the backup; 0: none
	Aside    string       // where the former database is, "" for none
	Compared bool         // what was revoked since the backup was taken from it
	Sessions int          // ended
	Tokens   int          // access and refresh tokens ended
	Static   int          // long-lived tokens and product keys ended
	Keys     int          // application keys ended
}

// factRestored is the restore epoch in microseconds: nothing that was issued
// before it by a session, an access token or a mailed link opens anything.
const factRestored = "restore_epoch"

// Restore puts a backup in the place of the built-in database. The server must
// not run. What the backup revives is ended: every session, link, access and
// refresh token; and of the credentials that live long (application keys, static
// tokens, product keys) those that were revoked since, as far as the database
// that is moved aside can tell, and otherwise all, unless KeepKeys says so.
// Nothing is touched before the backup has proven to be sound, of a schema that
// this program knows, and made with the master key that is here. Errors:
// Conflict `database_exists`, `database_in_use`; Unavailable `database_damaged`,
// `schema_newer`, `master_key_missing`, `master_key_wrong`.
func Restore(ctx context.Context, cfg Config, o RestoreOrder) (Restored, error) {
	path, ok := cfg.SQLitePath()
	if !ok {
		return Restored{}, errNotSQLite
	}
	there, err := exists(path)
	if err != nil {
		return Restored{}, err
	}
	if there && !o.Force {
		return Restored{}, problem.Conflict("database_exists", path+" is there already. --force moves it aside and restores.")
	}
	keys, err := restoreKeys(cfg)
	if err != nil {
		return Restored{}, err
	}
	var since revoked
	if there {
		if since, err = readRevoked(ctx, path); err != nil {
			return Restored{}, err
		}
	}
	fresh := path + ".restoring"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Restored{}, err
	}
	r, err := prepare(ctx, o, fresh, keys, since)
	if err != nil {
		return r, errors.Join(err, dropFiles(fresh))
	}
	if there {
		if r.Aside, err = moveAside(path, stamp(time.Now())); err != nil {
			return r, err
		}
	}
	return r, os.Rename(fresh, path)
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func restoreKeys(cfg Config) (*secret.Keyring, error) {
	there, err := exists(cfg.KeyPath())
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, problem.Unavailable("master_key_missing", "A backup opens only with the master key that it was made with. Put that file at "+cfg.KeyPath()+" first.", nil)
	}
	return secret.ReadKeyFile(cfg.KeyPath())
}

// revoked is what a database knows to be revoked.
type revoked struct {
	known  bool
	tokens []string
	keys   []string
}

// readRevoked asks the database that is about to be replaced. One that is
// damaged has nothing to say; one that is in use is refused.
func readRevoked(ctx context.Context, path string) (revoked, error) {
	err := store.Fold(ctx, path)
	if problem.CodeOf(err) == "database_in_use" {
		return revoked{}, err
	}
	if err != nil || store.Sound(ctx, path) != nil {
		return revoked{}, nil
	}
	db, err := store.Open(store.Config{URL: path})
	if err != nil {
		return revoked{}, err
	}
	var out revoked
	readErr := db.Read(ctx, func(tx *store.Tx) error {
		var err error
		if out.tokens, err = token.Ended(tx); err != nil {
			return err
		}
		out.keys, err = application.EndedKeys(tx)
		return err
	})
	if err := db.Close(); err != nil {
		return revoked{}, err
	}
	// A schema so old that it cannot be asked has nothing to say either.
	out.known = readErr == nil
	return out, store.Fold(ctx, path)
}

// prepare copies the backup beside the database and makes it fit to be served.
func prepare(ctx context.Context, o RestoreOrder, fresh string, keys *secret.Keyring, since revoked) (Restored, error) {
	if err := store.Sound(ctx, o.File); err != nil {
		return Restored{}, err
	}
	if err := store.Copy(ctx, o.File, fresh); err != nil {
		return Restored{}, err
	}
	db, err := store.Open(store.Config{URL: fresh, Log: o.Log})
	if err != nil {
		return Restored{}, err
	}
	r, err := revive(ctx, db, keys, since, o.KeepKeys)
	if err := errors.Join(err, db.Close()); err != nil {
		return r, err
	}
	return r, store.Fold(ctx, fresh)
}

func revive(ctx context.Context, db *store.DB, keys *secret.Keyring, since revoked, keepKeys bool) (Restored, error) {
	applied, _, err := db.Steps(ctx)
	if err != nil {
		return Restored{}, err
	}
	if len(applied) == 0 {
		return Restored{}, problem.Invalid("backup_foreign", "The file is a database, but not one of Guestright.")
	}
	if _, err := db.Migrate(ctx); err != nil {
		return Restored{}, err
	}
	if err := sameKey(ctx, db, keys); err != nil {
		return Restored{}, err
	}
	return endOld(ctx, db, since, keepKeys)
}

// endOld ends what a restored database must not revive, in one transaction with
// the restore epoch and its audit entry.
func endOld(ctx context.Context, db *store.DB, since revoked, keepKeys bool) (Restored, error) {
	var r Restored
	err := db.Write(ctx, func(tx *store.Tx) error {
		r = Restored{Compared: since.known}
		if err := tx.NewRaw("SELECT COALESCE(MAX(at), 0) FROM audit_entry").Scan(tx.Ctx, &r.Until); err != nil {
			return err
		}
		all := !since.known && !keepKeys
		var err error
		if r.Sessions, err = identity.EndRestored(tx); err != nil {
			return err
		}
		if r.Tokens, r.Static, err = token.EndRestored(tx, since.tokens, all); err != nil {
			return err
		}
		if r.Keys, err = application.EndRestored(tx, since.keys, all); err != nil {
			return err
		}
		if err := writeFact(tx, factRestored, fmt.Sprint(int64(store.At(tx.Now())))); err != nil {
			return err
		}
		return (&audit.Log{DB: db}).Record(tx, access.System("restore"), audit.Change{Action: "platform.restore", Target: "platform", Name: "Platform", After: r})
	})
	return r, err
}

// moveAside renames a database with what belongs to it.
func moveAside(path, at string) (string, error) {
	aside := path + ".before-restore-" + at
	for n := 2; ; n++ {
		taken, err := exists(aside)
		if err != nil {
			return "", err
		}
		if !taken {
			break
		}
		aside = fmt.Sprintf("%s.before-restore-%s-%d", path, at, n)
	}
	for _, end := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+end, aside+end); err != nil && (end == "" || !errors.Is(err, fs.ErrNotExist)) {
			return "", err
		}
	}
	return aside, nil
}

func dropFiles(path string) error {
	var failed error
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}
