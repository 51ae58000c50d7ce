// Command tokens measures the token endpoint and introspection of the whole
// house over HTTP, durably: SQLite with synchronous=FULL and, when
// GUESTRIGHT_TEST_POSTGRES names a server, PostgreSQL, whose fsync must be on.
//
//	tokens run [-rounds 3] [-seconds 5] [-connections 64] [-out file]
//	tokens serve -listen host:port [-database URL] [-cpuprofile file]      what run starts
//
// Load generator, house and database share the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"

	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/server"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tokens:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	if len(args) == 0 {
		return errors.New("say run or serve")
	}
	switch args[0] {
	case "run":
		return run(args[1:])
	case "serve":
		return serve(args[1:])
	}
	return fmt.Errorf("%q is neither run nor serve", args[0])
}

const product = `openapi: 3.1.0
info: {title: Product, version: 1.0.0}
paths:
  /v1/items:
    get: {operationId: list, summary: List items, x-guestright-needs: 'scope:items.read', responses: {'200': {description: Items}}}
    delete: {operationId: clear, summary: Delete all items, x-guestright-needs: 'scope:items.read and entitlement:item:delete', responses: {'204': {description: Gone}}}
`

const catalog = `product:
  name: Product
  documents: [openapi.yaml]
  upstreams: {default: 'http://127.0.0.1:1'}
scopes:
  items.read: {label: See items, entitlements: ['item:view']}
entitlements:
  'item:view': {label: View items}
  'item:delete': {label: Delete items}
plans:
  development: {label: Development, sites: 1000, limits: []}
`

// serve opens a house with one application in twenty accounts, prints what the
// load needs, and serves its public door.
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address of the public door")
	database := flags.String("database", "", "postgres://…; empty: a fresh SQLite file")
	without := flags.Bool("bare", false, "only net/http, to compare with")
	profile := flags.String("cpuprofile", "", "file to write a profile of all it does to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *without {
		return bare(*listen)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "tokens-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg, err := house.Lay(ctx, dir, *database, map[string]string{"openapi.yaml": product, "catalog.yaml": catalog})
	if err != nil {
		return err
	}
	cfg.Listen, cfg.URL = *listen, "http://"+*listen
	app, err := server.Open(ctx, cfg, server.Options{})
	if err != nil {
		return err
	}
	defer app.Close()
	if err := seed(ctx, app); err != nil {
		return err
	}
	l, err := app.Listen(ctx)
	if err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Println("ready")
	return app.Run(ctx, l, nil)
}

// accounts is in how many the application is installed.
const accounts = 20

func seed(ctx context.Context, app *server.App) error {
	owner, team, err := house.Team(ctx, app)
	if err != nil {
		return err
	}
	sold, err := house.Publish(ctx, app, owner, team, "Caller", []string{"items.read"})
	if err != nil {
		return err
	}
	var keys []string
	for i := range accounts {
		admin, acc, err := house.Customer(ctx, app, i)
		if err != nil {
			return err
		}
		if _, err := app.Integrations.Install(ctx, admin, acc.ID, integration.Order{ApplicationID: sold.PublicID}); err != nil {
			return err
		}
		keys = append(keys, acc.Key)
	}
	// Both parts are form-encoded before they go into Basic (RFC 6749 section 2.3.1).
	fmt.Printf("client: %s %s\naccounts: %s\n", url.QueryEscape(sold.Key.ClientID), url.QueryEscape(sold.Key.Secret.Reveal()), strings.Join(keys, " "))
	return nil
}
