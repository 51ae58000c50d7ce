// Command pennant runs the feature-flag service alone, behind a Guestright that runs elsewhere.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/guestright/guestright/example/pennant"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pennant:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("pennant", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:8481", "address to listen on")
	dir := flags.String("dir", ".", "directory of the database")
	issuer := flags.String("issuer", "", "public URL of Guestright")
	audience := flags.String("audience", "", "what Guestright calls this upstream")
	keys := flags.String("jwks", "", "URL of Guestright's signing keys")
	secretFile := flags.String("hook-secret-file", "", "file with the secret that Guestright shows")
	seed := flags.Bool("seed", false, "add two sample accounts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := os.ReadFile(*secretFile)
	if err != nil {
		return err
	}
	s, err := pennant.New(pennant.Config{
		Dir: *dir, Issuer: *issuer, Audience: *audience, JWKSURL: *keys, HookSecret: strings.TrimSpace(string(secret)),
	})
	if err != nil {
		return err
	}
	if *seed {
		if err := s.Seed(ctx); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	srv := &http.Server{
		Addr: *listen, Handler: s.Handler(), MaxHeaderBytes: 32 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	srv.RegisterOnShutdown(s.EndStreams)
	done := make(chan error, 1)
	go func() { done <- srv.ListenAndServe() }()
	select {
	case err := <-done:
		return errors.Join(err, s.Close())
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(srv.Shutdown(limit), s.Close())
}
