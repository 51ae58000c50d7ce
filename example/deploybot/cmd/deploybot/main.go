// Command deploybot turns a flag on after a deployment that it only pretends to make.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/guestright/guestright/example/deploybot"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "deploybot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	c := deploybot.Config{Out: os.Stdout}
	flags := flag.NewFlagSet("deploybot", flag.ContinueOnError)
	flags.StringVar(&c.TokenURL, "token-url", "http://127.0.0.1:8480/oauth/token", "Guestright's token endpoint")
	flags.StringVar(&c.APIURL, "api-url", "http://127.0.0.1:8490", "where Guestright serves Pennant")
	flags.StringVar(&c.ClientID, "client-id", "", "id of the application's key")
	secretFile := flags.String("client-secret-file", "", "file with the secret of the application's key")
	flags.StringVar(&c.AccountID, "account-id", "", "Guestright's id of the account")
	flags.StringVar(&c.AccountKey, "account", "harbour-books", "Pennant's key of the account")
	flags.StringVar(&c.Project, "project", "web-shop", "project of the flag")
	flags.StringVar(&c.Flag, "flag", "one-page-checkout", "flag to turn on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := os.ReadFile(*secretFile)
	if err != nil {
		return err
	}
	c.ClientSecret = strings.TrimSpace(string(secret))
	return deploybot.Run(ctx, c)
}
