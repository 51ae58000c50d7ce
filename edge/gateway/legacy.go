package gateway

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

// identify finds who calls: by a token of ours in the Authorization header, else
// by a legacy key where the catalog says that calls carry them.
func (e *Engine) identify(ctx context.Context, c *Call, k *compiled, now time.Time) (token.Bearer, error) {
	raw, err := bearer(c)
	var b token.Bearer
	if err == nil {
		b, err = e.Tokens.Authenticate(ctx, raw)
	}
	if err == nil || len(k.legacy) == 0 || e.Legacy == nil || secret.Ours(raw) {
		return b, err
	}
	if code := problem.CodeOf(err); code != "invalid_token" && code != "missing_credential" {
		return b, err // what is known and refused, or cannot be told, is not tried as something else
	}
	key := k.legacyKey(c)
	if key == "" || secret.Ours(key) {
		return b, err
	}
	return e.Legacy.Authenticate(ctx, key, c.Client, now)
}

// legacyKey takes the key from the first place that holds one; "" when none does,
// or when one is filled twice.
func (k *compiled) legacyKey(c *Call) string {
	for i := range k.legacy {
		var key string
		n := 1
		switch place := &k.legacy[i]; place.In {
		case "bearer":
			key, _ = bearer(c)
		case "basic":
			key = basic(c)
		case "header":
			key, n = headerValue(c.Header, place.Name)
		case "query":
			key, n = queryValue(c.Query, place.Name)
		}
		if key != "" && n == 1 {
			return key
		}
		if n > 1 {
			return ""
		}
	}
	return ""
}

// basic takes the password of RFC 7617, or the user's name where it is empty:
// keys are sent in either place.
func basic(c *Call) string {
	all := c.Header["Authorization"]
	const scheme = "basic "
	if len(all) != 1 || len(all[0]) <= len(scheme) || !equalFold(all[0][:len(scheme)], scheme) {
		return ""
	}
	plain, err := base64.StdEncoding.DecodeString(all[0][len(scheme):])
	if err != nil {
		return ""
	}
	name, password, _ := strings.Cut(string(plain), ":")
	if password != "" {
		return password
	}
	return name
}

// withoutKeys takes legacy keys out of a query, so that the product's logs do not
// hold them. Everything else stays byte for byte.
func (k *compiled) withoutKeys(query string) string {
	for _, place := range k.legacy {
		if place.In != "query" || query == "" {
			continue
		}
		if _, n := queryValue(query, place.Name); n > 0 {
			query = without(query, place.Name)
		}
	}
	return query
}

// keyParams names the parameters of a query that hold legacy keys, as they are
// spelled there.
func (k *compiled) keyParams(query string) []string {
	var out []string
	for _, place := range k.legacy {
		if place.In != "query" {
			continue
		}
		for pair := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(pair, "=")
			if strings.EqualFold(unescaped(name), place.Name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func without(query, name string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(unescaped(key), name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
