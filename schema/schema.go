// Package schema holds the whole data model as numbered SQL migrations, each
// named for the slice that owns its tables. One text serves SQLite and
// PostgreSQL: columns are TEXT and BIGINT, and BYTEA for bytes, times are
// microseconds since 1970 UTC, and the token SERIAL_KEY stands for an
// automatically numbered key.
package schema

import "embed"

// Files are the migrations in goose's format.
//
//go:embed *.sql
var Files embed.FS
