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
