package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/guestright/guestright/kit/problem"
)

// errClosed: the database was closed while the operation waited.
var errClosed = errors.New("the database is closed")

// IsNone reports that a query found no row.
func IsNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnique reports that a unique key was taken already. On PostgreSQL the
// transaction is over after it: return, or use ON CONFLICT instead.
func IsUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

// retryable reports a conflict that PostgreSQL asks to be tried again.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// unavailable leaves our own errors alone and turns those of the database or
// of a lost caller into Unavailable: the outcome could not be had, so the
// answer is 503 and never a yes or a no.
func unavailable(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	if faulty(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return problem.Unavailable("store_unavailable", "The database could not complete the operation just now. Try again.", &opError{op, err})
	}
	return problem.Internal("store."+op, err)
}

func faulty(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		// A broken constraint or bad SQL is our fault, anything else the store's.
		return e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT && e.Code()&0xff != sqlite3.SQLITE_ERROR
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		class := e.Code[:2]
		return class == "08" || class == "40" || class == "53" || class == "57" || class == "58" || class == "25" || class == "XX"
	}
	// No answer of the server at all: connection lost, refused, closed.
	return !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, sql.ErrTxDone) && isConn(err)
}

func isConn(err error) bool {
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return connect || pgconn.Timeout(err) || pgconn.SafeToRetry(err) || errors.Is(err, errClosed) || errors.Is(err, sql.ErrConnDone) || netError(err)
}

type opError struct {
	op  string
	err error
}

func (e *opError) Error() string { return "store " + e.op + ": " + e.err.Error() }
func (e *opError) Unwrap() error { return e.err }
