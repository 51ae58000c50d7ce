// Package outbox hands events to Guestright from the transactions in which they happen, so that none is lost between
// your database and ours and none is told that was rolled back.
//
// Make the table once: PostgreSQL or SQLite holds its SQL. Any program that inserts rows as Put does takes part.
//
//	tx, err := db.BeginTx(ctx, nil)
//	… your change …
//	err = outbox.Put(ctx, tx, outbox.Event{Type: "order.created", Account: "harbour-books", Subject: "order/4711", Data: order})
//	err = tx.Commit()
//
// A Relay in each of your processes, or in one, sends what was committed:
//
//	relay := &outbox.Relay{DB: db, URL: "https://integrations.example.com", Key: os.Getenv("PRODUCT_KEY")}
//	go relay.Run(ctx)
//
// Events are sent in the order of their rows and deleted when Guestright has them on disk. One that is sent twice,
// because an answer was lost, counts once. One that Guestright refuses stays in the table with the reason and holds up
// nobody: see Refused.
package outbox
