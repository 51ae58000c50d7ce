package main

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/webhook"
)

const product = `openapi: 3.1.0
info: {title: Product, version: 1.0.0}
paths:
  /v1/items:
    get: {operationId: list, summary: List items, x-guestright-needs: 'scope:items.read', responses: {'200': {description: Items}}}
`

const catalog = `product:
  name: Product
  documents: [openapi.yaml]
  upstreams: {default: 'http://127.0.0.1:1'}
scopes:
  items.read: {label: See items, entitlements: ['item:view']}
entitlements:
  'item:view': {label: View items}
events:
  item.changed:
    label: Item changed
    entitlement: 'item:view'
    schemas: {'1': {type: object, required: [text], properties: {text: {type: string, maxLength: 1000}}, additionalProperties: false}}
plans:
  development: {label: Development, sites: 20000, limits: []}
`

// seeders is how many accounts are made at one time on SQLite, where they share
// commits; on PostgreSQL they would only get in each other's way.
const seeders = 16

// seed makes accounts, each with a private integration whose endpoint is the sink.
func (n *node) seed(ctx context.Context, count int, sink string) error {
	key, err := n.Products.Create(ctx, access.System("bench"), "load")
	if err != nil {
		return err
	}
	n.token, n.accounts = key.Secret.Reveal(), make([]string, count)
	var next atomic.Int64
	var work sync.WaitGroup
	failed := make(chan error, seeders)
	hands := seeders
	if n.DB.Postgres() {
		hands = 1
	}
	for range hands {
		work.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				if err := n.customer(ctx, int(i-1), sink); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	work.Wait()
	close(failed)
	return <-failed
}

func (n *node) customer(ctx context.Context, i int, sink string) error {
	admin, acc, err := house.Customer(ctx, n.App, i)
	if err != nil {
		return err
	}
	n.accounts[i] = acc.Key
	made, err := n.Private.Create(ctx, admin, acc.ID, private.Draft{Name: "Sync", Scopes: []string{"items.read"}})
	if err != nil {
		return err
	}
	id, err := ident.Parse[grant.Grant](made.Grant)
	if err != nil {
		return err
	}
	_, err = n.Webhooks.CreateForGrant(ctx, admin, id, webhook.Draft{URL: sink, Types: []string{"item.*"}, Concurrency: flying})
	return err
}

// fill writes history: delivered events of the first account with their attempts.
func (n *node) fill(ctx context.Context, count int) error {
	const step = 100_000
	for from := 0; from < count; from += step {
		to := min(count, from+step)
		err := n.DB.Batch(ctx, func(tx *store.Tx) error {
			series := "WITH RECURSIVE s(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM s WHERE n < ?) "
			now := store.At(tx.Now())
			for _, insert := range []string{
				"INSERT INTO event_event (n, account, seq, at, occurred, type, version, source, key, print, subject, ordering, application, data) " + series +
					"SELECT n, a.id, n, ?, ?, 'item.changed', 1, '', '', '', '', '', '', '" + `{"text":"old"}` + "' FROM s, account_account AS a WHERE a.key = 'account-0'",
				"INSERT INTO webhook_delivery (d, endpoint, event_n, account, grant_id, type, ordering, state, reason, attempts, step, due, status, failure, created, updated) " + series +
					"SELECT n, e.id, n, e.account, e.grant_id, 'item.changed', '', 'delivered', '', 1, 0, 0, 200, '', ?, ? FROM s, webhook_endpoint AS e JOIN account_account AS a ON a.id = e.account WHERE a.key = 'account-0'",
				"INSERT INTO webhook_attempt (a, delivery, number, at, took, status, failure, probe, answer, cut) " + series +
					"SELECT n, n, 1, ?, ? % 1000, 200, '', 0, '" + `{"ok":true}` + "', 0 FROM s",
			} {
				if _, err := tx.ExecContext(tx.Ctx, insert, from+1, to, now, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if count == 0 {
		return nil
	}
	err := n.DB.Batch(ctx, func(tx *store.Tx) error {
		if n.DB.Postgres() {
			if _, err := tx.ExecContext(tx.Ctx, "SELECT setval(pg_get_serial_sequence('webhook_attempt', 'a'), ?)", count); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			"INSERT INTO event_head (account, seq) SELECT '', ? ON CONFLICT (account) DO UPDATE SET seq = excluded.seq",
			"UPDATE webhook_progress SET n = ? WHERE name = 'last'",
			"INSERT INTO webhook_courier (name, settled, holder, until) SELECT 'courier', ?, '', 0 ON CONFLICT (name) DO UPDATE SET settled = excluded.settled",
		} {
			if _, err := tx.ExecContext(tx.Ctx, sql, count); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := n.Events.Shelve(ctx); err != nil { // as the houses' jobs do it while a history grows
		return err
	}
	return n.Webhooks.Shelve(ctx)
}
