package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// InsertAll adds rows of one table, each a pointer to its bun model. The columns
// named in without stay at their defaults. On SQLite the statement is compiled
// once for as long as the database is open: for a short row, reading the text of
// the statement costs more than writing the row.
func InsertAll[T any](tx *Tx, rows []*T, without ...string) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.db.postgres {
		_, err := tx.NewInsert().Model(&rows).ExcludeColumn(without...).Exec(tx.Ctx)
		return err
	}
	table := tx.db.writer.Table(reflect.TypeFor[T]())
	fields := slices.DeleteFunc(slices.Clone(table.Fields), func(f *schema.Field) bool { return slices.Contains(without, f.Name) })
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f.SQLName)
	}
	s, err := tx.compiled("INSERT INTO " + string(table.SQLName) + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")")
	if err != nil {
		return err
	}
	args := make([]any, len(fields))
	for _, r := range rows {
		row := reflect.ValueOf(r).Elem()
		for i, f := range fields {
			if args[i], err = bound(row.FieldByIndex(f.Index)); err != nil {
				return fmt.Errorf("store: column %s: %w", f.Name, err)
			}
		}
		if _, err := s.ExecContext(tx.Ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// bound is a field as a driver takes it, in the form that bun would write.
func bound(v reflect.Value) (any, error) {
	if own, ok := v.Interface().(driver.Valuer); ok {
		return own.Value()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Bool, reflect.Float32, reflect.Float64:
		return v.Interface(), nil
	}
	if raw, ok := v.Interface().([]byte); ok {
		return raw, nil
	}
	text, err := json.Marshal(v.Interface())
	return string(text), err
}

// Compiles reports whether Exec and One compile their statements: then many small
// ones cost less than one whose text is new each time.
func (tx *Tx) Compiles() bool { return !tx.db.postgres && !tx.read }

// Exec runs a statement whose text is always the same, with arguments as drivers
// take them for each ?. In a write on SQLite it is compiled once, like those of
// InsertAll.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	if !tx.Compiles() {
		return tx.ExecContext(tx.Ctx, query, args...)
	}
	s, err := tx.compiled(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(tx.Ctx, args...)
}

// One reads the only row of a query whose text is always the same into its
// columns; no row is an error that IsNone knows. It is compiled as in Exec.
func (tx *Tx) One(query string, args []any, into ...any) error {
	if !tx.Compiles() {
		return tx.QueryRowContext(tx.Ctx, query, args...).Scan(into...)
	}
	s, err := tx.compiled(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(tx.Ctx, args...).Scan(into...)
}

// compiled gives a statement of the writer. One that is not compiled yet is
// compiled for this transaction, and for good before the next.
func (tx *Tx) compiled(query string) (*sql.Stmt, error) {
	own := tx.IDB.(bun.Tx).Tx
	kept, ok := tx.db.compiled[query]
	if !ok {
		tx.db.compiled[query] = nil
	}
	if kept == nil {
		return own.PrepareContext(tx.Ctx, query)
	}
	return own.StmtContext(tx.Ctx, kept), nil
}

// compile runs between transactions, when the writer's connection is free.
func (db *DB) compile(ctx context.Context) {
	for query, kept := range db.compiled {
		if kept == nil {
			if s, err := db.writer.DB.PrepareContext(ctx, query); err == nil {
				db.compiled[query] = s
			}
		}
	}
}
