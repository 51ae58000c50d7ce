package guestlist

import (
	"bytes"
	"context"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

//go:embed package
var files embed.FS

// Package is the integration's package, as a release has it.
func Package() (fs.FS, error) { return fs.Sub(files, "package") }

// The one list.
const (
	listID   = "friends"
	ListName = "Friends of the house"
)

// List is who is on it, and the copies of what flags say.
type List struct {
	Token string           // that Guestright shows when it brings a copy
	Place string           // where the list counts, as the administrator calls it
	Hook  string           // address at which Guestright hears of the list
	Key   string           // token for it
	HTTP  *http.Client     // nil: the default one
	Now   func() time.Time // nil: the real clock

	mu     sync.Mutex
	guests map[string]bool
	copies map[string]Copy
}

// Copy is what the flags of one place say.
type Copy struct {
	Version int64           `json:"version"`
	Data    json.RawMessage `json:"data"`
	Came    time.Time       `json:"-"`
}

// copyMost is the size of a copy, in bytes.
const copyMost = 8 << 20

// Guests are those on the list, by name.
func (l *List) Guests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.guests))
}

// Copies are what is kept, by key.
func (l *List) Copies() map[string]Copy {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.copies)
}

// Put sets a guest on the list or takes one off, once Guestright has heard of it.
func (l *List) Put(ctx context.Context, name string, on bool) error {
	body, err := json.Marshal(map[string]any{"place": l.Place, "list": map[string]string{"id": listID, "name": ListName}, "guests": []any{map[string]any{"name": name, "invited": on}}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Hook, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", l.Key)
	client := l.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	why, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("guestright answered %s: %s", res.Status, why)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.guests == nil {
		l.guests = map[string]bool{}
	}
	if on {
		l.guests[name] = true
	} else {
		delete(l.guests, name)
	}
	return nil
}

// Handler takes copies at PUT /copies/{key}. One that is older than what is there
// changes nothing.
func (l *List) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ready": true}`)
	})
	mux.HandleFunc("PUT /copies/{key}", func(w http.ResponseWriter, r *http.Request) {
		var c Copy
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, copyMost)).Decode(&c); err != nil {
			http.Error(w, "This cannot be read.", http.StatusBadRequest)
			return
		}
		c.Came = time.Now()
		if l.Now != nil {
			c.Came = l.Now()
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.copies == nil {
			l.copies = map[string]Copy{}
		}
		if c.Version >= l.copies[r.PathValue("key")].Version {
			l.copies[r.PathValue("key")] = c
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.Token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+l.Token)) != 1 {
			http.Error(w, "Show the token of the list.", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
