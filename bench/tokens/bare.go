package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

// bare is the most that net/http gives on this machine: a server that reads the
// form and gives an answer of the same size each time, without looking at anything.
func bare(listen string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	token := secret.Generate(secret.AccessToken).Reveal()
	always := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write([]byte(body)) // the load sees what is missing
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", always(fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":3600,"scope":"items.read","account_id":%q}`, token, strings.Repeat("a", 30))))
	mux.HandleFunc("POST /oauth/introspect", always(fmt.Sprintf(`{"active":true,"scope":"items.read","client_id":%q,"token_type":"Bearer","exp":1795916499,"iat":1795912899,"sub":%q}`,
		strings.Repeat("c", 36), strings.Repeat("s", 210))))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("client: a b\naccounts: %s\nready\n", strings.Repeat("account ", accounts))
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // nobody waits for what is under way
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}
