package gateway

import (
	"context"
	"strings"
)

// signedMost is how many words of a query that look like a JWT are looked at.
const signedMost = 4

// signedIn reports whether a query carries an access token that is a JWT. Other
// JWTs may be the product's business.
func (e *Engine) signedIn(ctx context.Context, query string) bool {
	if !strings.Contains(query, "eyJ") {
		return false
	}
	seen := 0
	for pair := range strings.SplitSeq(query, "&") {
		_, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(value, "eyJ") {
			continue
		}
		if seen++; seen > signedMost {
			return false
		}
		if e.Tokens.Issued(ctx, unescaped(value)) {
			return true
		}
	}
	return false
}
