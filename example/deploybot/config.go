package deploybot

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Config is what one run needs.
type Config struct {
	// TokenURL is Guestright's token endpoint; ClientID and ClientSecret are a key of the application.
	TokenURL, ClientID, ClientSecret string
	// AccountID is Guestright's id of the account, for the token request. Empty when only one account has the bot.
	AccountID string
	// Scopes to ask for; empty asks for all that were granted.
	Scopes []string
	// APIURL is where Guestright serves Pennant, without a path. AccountKey is Pennant's own key of the account.
	APIURL, AccountKey string
	// Project and Flag name the flag.
	Project, Flag string
	// Environments are deployed to in this order. Nil: staging, then production.
	Environments []string
	// Deploy brings the code to an environment. Nil: a deployment that is only told about.
	Deploy func(ctx context.Context, environment string) error
	// Out is told what happens, one line each. Nil: nobody is.
	Out io.Writer
	// HTTP makes all requests. Nil: a client with a limit of 30 seconds.
	HTTP *http.Client
	// Wait waits, or returns the context's error. Nil: a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// MaxWait is the longest single pause that the bot accepts before it gives up. 0: two minutes.
	MaxWait time.Duration
	// Now is the clock for Retry-After given as a date. Nil: the system's.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.TokenURL == "" || c.ClientID == "" || c.ClientSecret == "" || c.APIURL == "" || c.AccountKey == "" || c.Project == "" || c.Flag == "" {
		return c, errors.New("deploybot: TokenURL, ClientID, ClientSecret, APIURL, AccountKey, Project and Flag are needed")
	}
	if c.Environments == nil {
		c.Environments = []string{"staging", "production"}
	}
	if c.Deploy == nil {
		c.Deploy = func(context.Context, string) error { return nil }
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	if c.MaxWait == 0 {
		c.MaxWait = 2 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
