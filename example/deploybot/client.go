package deploybot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	tries      = 5
	answerSize = 1 << 20 // bytes of an answer that are read
)

// client calls the API with a token that it renews, at the speed that it is allowed.
type client struct {
	c      Config
	tokens oauth2.TokenSource
	pause  time.Duration // before the next request, because the last answer said that nothing is left
}

func newClient(ctx context.Context, c Config) *client {
	cl := &client{c: c}
	cl.forget(ctx)
	return cl
}

// forget makes the next request ask for a new token.
func (cl *client) forget(ctx context.Context) {
	settings := clientcredentials.Config{
		ClientID: cl.c.ClientID, ClientSecret: cl.c.ClientSecret, TokenURL: cl.c.TokenURL, Scopes: cl.c.Scopes,
		AuthStyle: oauth2.AuthStyleInHeader,
	}
	if cl.c.AccountID != "" {
		settings.EndpointParams = url.Values{"account_id": {cl.c.AccountID}}
	}
	cl.tokens = settings.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, cl.c.HTTP))
}

type request struct {
	method, path, body, match string
	into                      any
}

// do makes the request and answers its ETag. A token that is refused is replaced once; 429 and 503 are waited for.
// Other refusals are a *Refusal.
func (cl *client) do(ctx context.Context, r request) (string, error) {
	renewed := false
	for range tries {
		if err := cl.rest(ctx); err != nil {
			return "", err
		}
		token, err := cl.tokens.Token()
		if err != nil {
			again, waitErr := cl.tokenLater(ctx, err)
			if again {
				continue
			}
			return "", errors.Join(explainToken(err), waitErr)
		}
		res, raw, err := cl.once(ctx, r, token)
		if err != nil {
			return "", err
		}
		cl.pause = remaining(res.Header)
		switch {
		case res.StatusCode == http.StatusUnauthorized && !renewed:
			fmt.Fprintln(cl.c.Out, "The token was refused; asking for a new one.")
			renewed = true
			cl.forget(ctx)
		case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
			cl.pause = max(retryAfter(res.Header, cl.c.Now()), cl.pause, time.Second)
		case res.StatusCode >= 300:
			return "", newRefusal(res.StatusCode, raw)
		default:
			if err := json.Unmarshal(raw, r.into); err != nil {
				return "", fmt.Errorf("the answer isn't what was expected: %w", err)
			}
			return res.Header.Get("ETag"), nil
		}
	}
	return "", fmt.Errorf("gave up after %d tries", tries)
}

// rest waits as long as the last answer asked for.
func (cl *client) rest(ctx context.Context) error {
	d := cl.pause
	cl.pause = 0
	if d <= 0 {
		return nil
	}
	if d > cl.c.MaxWait {
		return fmt.Errorf("asked to wait %s, which is longer than %s", d, cl.c.MaxWait)
	}
	fmt.Fprintf(cl.c.Out, "Waiting %s, as asked.\n", d)
	return cl.c.Wait(ctx, d)
}

func (cl *client) once(ctx context.Context, r request, token *oauth2.Token) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, strings.TrimRight(cl.c.APIURL, "/")+r.path, strings.NewReader(r.body))
	if err != nil {
		return nil, nil, err
	}
	token.SetAuthHeader(req)
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", "deploybot")
	if r.body != "" {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	res, err := cl.c.HTTP.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerSize))
	return res, raw, err
}

// tokenLater sets a pause when the token endpoint itself is limited or away.
func (cl *client) tokenLater(ctx context.Context, err error) (bool, error) {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return false, nil
	}
	status := refused.Response.StatusCode
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return false, nil
	}
	cl.pause = max(retryAfter(refused.Response.Header, cl.c.Now()), time.Second)
	return ctx.Err() == nil, ctx.Err()
}
