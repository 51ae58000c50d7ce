package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Snapshot is the whole data of one resource.
type Snapshot struct {
	// AccountKey is the product's key of the account.
	AccountKey string `json:"account_key"`
	// Resource is named as policies name it.
	Resource string `json:"resource"`
	// Scope is the resource's id for partners: letters, digits, - and _. Empty: one is made.
	Scope string `json:"scope,omitempty"`
	// Version grows with each change.
	Version int64 `json:"version"`
	// Data is any JSON, at most 4 MiB.
	Data json.RawMessage `json:"data"`
}

// Kept is what Guestright has of a resource.
type Kept struct {
	Resource string    `json:"resource"`
	Scope    string    `json:"scope"`
	Version  int64     `json:"version"`
	Size     int64     `json:"size"`
	At       time.Time `json:"at"`
}

// Taken is what became of a snapshot.
type Taken struct {
	Kept
	// New is false when the kept one is newer, or the same.
	New bool `json:"kept"`
	// Targets is how many places get the data of the resource.
	Targets int `json:"targets"`
}

// Client makes the requests.
type Client struct {
	// URL is where the platform is.
	URL string
	// Token is a product key.
	Token string
	// HTTP makes the requests. Nil: a client with a limit of 30 seconds.
	HTTP *http.Client
}

// Refusal is an answer that is no success.
type Refusal struct {
	Status int
	// Code is the platform's, such as "snapshot_invalid". Empty: whoever answered is no Guestright.
	Code string
	// Detail is a sentence for people.
	Detail string
	// After is how long the platform asks to wait.
	After time.Duration
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Code == "" {
		return fmt.Sprintf("snapshot: the answer is %d %s, and not Guestright's: is the URL right?", r.Status, http.StatusText(r.Status))
	}
	return "snapshot: " + r.Code + ": " + r.Detail
}

// Final reports whether the same request would be refused again.
func (r *Refusal) Final() bool {
	return r.Status/100 == 4 && r.Status != http.StatusRequestTimeout && r.Status != http.StatusTooManyRequests && r.Status != http.StatusUnauthorized
}

// Put gives the newest data of a resource. The error is a *Refusal when there was an answer.
func (c *Client) Put(ctx context.Context, s Snapshot) (Taken, error) {
	var out Taken
	body, err := json.Marshal(s)
	if err != nil {
		return out, fmt.Errorf("snapshot: %w", err)
	}
	return out, c.do(ctx, http.MethodPut, "", body, &out)
}

// List says what is kept of an account.
func (c *Client) List(ctx context.Context, accountKey string) ([]Kept, error) {
	var out struct{ Items []Kept }
	err := c.do(ctx, http.MethodGet, "?"+url.Values{"account_key": {accountKey}}.Encode(), nil, &out)
	return out.Items, err
}

// Forget drops what is kept of a resource, because it is gone or its versions begin anew. One that is not kept is none.
func (c *Client) Forget(ctx context.Context, accountKey, resource string) error {
	err := c.do(ctx, http.MethodDelete, "?"+url.Values{"account_key": {accountKey}, "resource": {resource}}.Encode(), nil, nil)
	if r, ok := err.(*Refusal); ok && r.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// answerMost bounds what is read of an answer.
const answerMost = 4 << 20

func (c *Client) do(ctx context.Context, method, query string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.URL+"/v1/snapshots"+query, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	client := c.HTTP
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	res, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if res.StatusCode/100 != 2 {
		out := &Refusal{Status: res.StatusCode}
		var said struct{ Code, Detail string }
		if json.Unmarshal(raw, &said) == nil {
			out.Code, out.Detail = said.Code, said.Detail
		}
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			out.After = min(time.Duration(n)*time.Second, time.Hour)
		}
		return out
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &Refusal{Status: res.StatusCode}
	}
	return nil
}
