package leak

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
)

const (
	keysFresh = time.Hour      // after which they are fetched again
	keysKept  = 24 * time.Hour // how long they are trusted when that fails
	keysEvery = time.Minute    // at most so often are they fetched, whatever comes
	keysWait  = 5 * time.Second
)

// Keys remembers the keys with which GitHub signs.
type Keys struct {
	Client  *outbound.Client
	Address string // "": GitHubKeys
	Now     func() time.Time

	mu      sync.Mutex
	known   map[string]*ecdsa.PublicKey
	fetched time.Time // when known was
	tried   time.Time

	fetching sync.Mutex
}

// find gives a key by its name. Errors: Unauthenticated `leak_signature_invalid`
// for one that GitHub does not publish; Unavailable `leak_keys_unavailable` when
// that cannot be told.
func (k *Keys) find(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	if key, fresh := k.have(id); key != nil && fresh {
		return key, nil
	}
	k.fetching.Lock() // others may have asked meanwhile
	defer k.fetching.Unlock()
	key, fresh := k.have(id)
	if key != nil && fresh {
		return key, nil
	}
	err := k.fetch(ctx)
	if again, _ := k.have(id); again != nil {
		return again, nil
	}
	if err != nil {
		return nil, problem.Unavailable("leak_keys_unavailable", "GitHub's keys cannot be fetched, so the signature cannot be checked. Send the message again later.", err)
	}
	return nil, errSignature
}

// have gives a key that may still be trusted, and whether it was fetched lately.
func (k *Keys) have(id string) (key *ecdsa.PublicKey, fresh bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	age := k.Now().Sub(k.fetched)
	if k.known == nil || age >= keysKept {
		return nil, false
	}
	return k.known[id], age < keysFresh
}

// fetch asks GitHub, unless somebody did a moment ago: then what is known counts,
// and without anything known it is an error.
func (k *Keys) fetch(ctx context.Context) error {
	now := k.Now()
	k.mu.Lock()
	early := now.Sub(k.tried) < keysEvery
	known := k.known != nil && now.Sub(k.fetched) < keysKept
	if !early {
		k.tried = now
	}
	k.mu.Unlock()
	if early {
		if known {
			return nil
		}
		return fmt.Errorf("leak: GitHub's keys could not be fetched a moment ago")
	}
	address := k.Address
	if address == "" {
		address = GitHubKeys
	}
	// Whoever sent the message may be gone before the answer.
	res := k.Client.Do(context.WithoutCancel(ctx), outbound.Request{URL: address, Timeout: keysWait, Header: http.Header{"Accept": {"application/json"}}})
	switch {
	case res.Failure != outbound.NoFailure:
		return fmt.Errorf("leak: GitHub's keys: %s: %w", res.Failure, res.Err)
	case res.Status != http.StatusOK || res.Truncated:
		return fmt.Errorf("leak: GitHub's keys: status %d", res.Status)
	}
	keys, err := parseKeys(res.Body)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known, k.fetched = keys, now
	return nil
}
