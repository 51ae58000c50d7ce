// Package store is the database: SQLite built in, PostgreSQL when one machine
// is not enough, one SQL text for both.
//
// One operation is one transaction: db.Write(ctx, func(tx) error). On SQLite
// concurrent writers share a transaction and its fsync, each behind its own
// savepoint; on PostgreSQL each has a serializable transaction that is retried
// on conflict. Nothing inside may touch the network or memory that outlives it;
// tx.OnCommit is for that. tx.Now is fixed at begin.
//
// tx.Changed tells every node what changed: this one when the transaction
// commits, the others by LISTEN/NOTIFY or, where that fails, by polling.
//
// Tables: store_change, store_fact.
package store
