package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os/signal"
	"strings"
	"time"

	"github.com/guestright/guestright/client/events"
	"github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/kit/secret"
)

// listenCmd brings events to a developer's machine: the connection goes out from
// it, so that nothing of it has to be reachable.
type listenCmd struct {
	URL       string   `name:"url" required:"" env:"GUESTRIGHT_URL" placeholder:"URL" help:"Where the platform is."`
	Token     string   `env:"GUESTRIGHT_TOKEN" placeholder:"TOKEN" help:"Access token, or token of a private integration. Put it into GUESTRIGHT_TOKEN: what stands on a command line others on the machine can read."`
	Forward   string   `required:"" placeholder:"URL" help:"Where each event is posted, such as http://localhost:3000/hooks."`
	Types     []string `xor:"what" placeholder:"PATTERN,..." help:"Only events of these types, such as 'order.*'."`
	Endpoint  string   `xor:"what" placeholder:"ID" help:"Only events of the types that this webhook endpoint gets."`
	Account   string   `placeholder:"ID" help:"Whose events: id of the account, or the product's key of it (else the token's own)."`
	After     *int64   `placeholder:"N" help:"Begin behind this number, 0: with the oldest that is kept (else with what happens from now on)."`
	Secret    string   `env:"GUESTRIGHT_WEBHOOK_SECRET" placeholder:"whsec_..." help:"Secret that signs (else a new one each time)."`
	JSON      bool     `name:"json" help:"Print a line of JSON for everything that happens."`
	AllowHTTP bool     `name:"allow-http" help:"Send the token to a platform on another machine without TLS."`
}

// answerTime is how long a receiver may take, as for a webhook.
const answerTime = 15 * time.Second

// Run follows the events until it is interrupted.
func (c listenCmd) Run(w *world) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(w.ctx, stopSignals()...)
	defer stop()
	p := &printer{w: w, json: c.JSON}
	follower := &events.Follower{URL: c.URL, Token: c.Token, Account: c.Account, Types: c.Types, Lost: p.lost}
	after, err := follower.Head(ctx)
	if err != nil {
		return c.explained(err)
	}
	if c.Endpoint != "" {
		var whole bool
		if follower.Types, whole, err = c.types(ctx); err != nil {
			return c.explained(err)
		}
		if !whole {
			p.note("The endpoint's policy is not applied here: you see all events of these types.")
		}
	}
	if c.After != nil {
		after = *c.After
	}
	if c.Secret == "" {
		c.Secret = webhook.NewSecret()
	}
	p.begun(c, follower.Types, after)
	f := &forwarder{to: c.Forward, secret: secret.New(c.Secret), client: &http.Client{Timeout: answerTime, CheckRedirect: noRedirect}}
	last, err := follower.Follow(ctx, after, func(ctx context.Context, e events.Event) error {
		got, err := f.post(ctx, e)
		if err == nil {
			p.event(e, got)
		}
		return err
	})
	p.ended(last)
	if ctx.Err() != nil {
		return nil
	}
	return c.explained(err)
}

// check judges what was typed.
func (c listenCmd) check() error {
	if err := checkPlatform(c.URL, c.AllowHTTP); err != nil {
		return err
	}
	to, err := url.Parse(c.Forward)
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return errors.New("--forward is not an address that can be posted to, such as http://localhost:3000/hooks")
	}
	if c.Token == "" {
		return errors.New("put a token into GUESTRIGHT_TOKEN: an access token for an installation, or that of a private integration")
	}
	if err := checkToken(c.Token); err != nil {
		return err
	}
	if c.Secret != "" {
		_, err = webhook.Sign(c.Secret, webhook.Message{})
	}
	return err
}

func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// types gives what an endpoint gets, and whether that is all that decides.
func (c listenCmd) types(ctx context.Context) (types []string, whole bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.URL, "/")+"/v1/webhook-endpoints/"+url.PathEscape(c.Endpoint)+"/subscriptions", nil)
	if err != nil {
		return nil, false, err
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := (&http.Client{Timeout: answerTime, CheckRedirect: noRedirect}).Do(r)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = res.Body.Close() }()
	var got struct {
		Code, Detail string
		Items        []struct {
			Types   []string
			Enabled bool
			Filter  json.RawMessage
		}
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
		return nil, false, &events.Refusal{Status: res.StatusCode, Code: got.Code, Detail: got.Detail}
	}
	whole = true
	for _, s := range got.Items {
		if s.Enabled {
			types = append(types, s.Types...)
			whole = whole && len(s.Filter) == 0
		}
	}
	if len(types) == 0 {
		return nil, false, errors.New("the endpoint gets no events: subscribe it to some, or name --types")
	}
	return types, whole, nil
}

// explained says what to do about an answer that will not change.
func (c listenCmd) explained(err error) error {
	r, refused := errors.AsType[*events.Refusal](err)
	if !refused {
		if n, ok := errors.AsType[*net.OpError](err); ok && n.Op == "dial" {
			return fmt.Errorf("%s can't be reached: %w", c.URL, n.Err)
		}
		return err
	}
	switch {
	case r.Code == "":
		return fmt.Errorf("%s answers %d and is no Guestright that we can read; look at --url", c.URL, r.Status)
	case r.Code == "token_expired":
		return errors.New("the token has expired; get a new one")
	case r.Status == http.StatusUnauthorized:
		return fmt.Errorf("the token is not accepted (%s): %s", r.Code, r.Detail)
	case r.Code == "account_required":
		return errors.New("this token is for more than one account: name one with --account")
	}
	return fmt.Errorf("%s (%s)", strings.TrimSuffix(r.Detail, "."), r.Code)
}
