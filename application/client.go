package application

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/problem"
)

// AuthMethod is how a client proves who it is at the token endpoint, in the
// words of RFC 7591 section 2.
type AuthMethod string

// The methods. A public client has none.
const (
	AuthBasic AuthMethod = "client_secret_basic"
	AuthPost  AuthMethod = "client_secret_post"
	AuthJWT   AuthMethod = "private_key_jwt"
	AuthNone  AuthMethod = "none"
)

// TokenFormat of access tokens.
type TokenFormat string

// The formats. A JWT (RFC 9068) can be read by whoever it is shown to.
const (
	FormatOpaque TokenFormat = "opaque"
	FormatJWT    TokenFormat = "jwt"
)

// jwksMost bounds an inline key set, in bytes and keys.
const (
	jwksMost     = 32 << 10
	jwksKeysMost = 20
	rsaBitsLeast = 2048
)

// Client is how an application signs people in: what OAuth calls the client.
type Client struct {
	Application ID `json:"application"`
	// RedirectURIs are where people are sent back to, compared byte for byte.
	RedirectURIs []string        `json:"redirect_uris" nullable:"false" doc:"Where people are sent back to. Compared byte for byte, but for the port of a loopback address"`
	Public       bool            `json:"public" doc:"It runs where its users can read it (browser, phone, desktop) and so has no secret"`
	Native       bool            `json:"native" doc:"It is installed on a device, and may register a scheme of its own such as com.example.app"`
	AuthMethod   AuthMethod      `json:"auth_method" enum:"client_secret_basic,client_secret_post,private_key_jwt,none"`
	JWKS         json.RawMessage `json:"jwks,omitempty" doc:"Public keys for private_key_jwt (RFC 7517)"`
	JWKSURI      string          `json:"jwks_uri,omitempty" doc:"Where those keys are fetched instead"`
	TokenFormat  TokenFormat     `json:"token_format" enum:"opaque,jwt"`
	DPoPBound    bool            `json:"dpop_bound" doc:"Access tokens are bound to a key that the caller proves to hold (RFC 9449)"`
	Revision     int64           `json:"revision"`
	Updated      time.Time       `json:"updated,omitzero"`
}

// newClient is what an application has before anybody enters anything.
func newClient(app ID) Client {
	return Client{Application: app, RedirectURIs: []string{}, AuthMethod: AuthBasic, TokenFormat: FormatOpaque}
}

func (c Client) native() bool { return c.Public && c.Native }

// Keys gives the inline public keys; none is fine.
func (c Client) Keys() (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	if len(c.JWKS) == 0 {
		return set, nil
	}
	err := json.Unmarshal(c.JWKS, &set)
	return set, err
}

// Check returns the findings; none when the settings are sound. fetchable judges
// the address of a key set.
func (c Client) Check(fetchable func(url string) error) []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	if len(c.RedirectURIs) > RedirectsMost {
		add("/redirect_uris", "too_many", "At most 50 redirect URIs.")
	}
	seen := map[string]bool{}
	for i, u := range c.RedirectURIs {
		at := "/redirect_uris/" + strconv.Itoa(i)
		if bad := redirectFault(u, c.native()); bad != (fault{}) {
			f = append(f, bad.at(at))
		} else if seen[u] {
			add(at, "redirect_twice", "This address stands in the list twice.")
		}
		seen[u] = true
	}
	if c.Native && !c.Public {
		add("/native", "native_public", "An application that is installed on devices can't keep a secret: make it public too.")
	}
	switch c.TokenFormat {
	case FormatOpaque, FormatJWT:
	default:
		add("/token_format", "unknown", "opaque or jwt.")
	}
	switch c.AuthMethod {
	case AuthBasic, AuthPost, AuthJWT:
		if c.Public {
			add("/auth_method", "auth_method_public", "A public client has no secret: choose none.")
		}
	case AuthNone:
		if !c.Public {
			add("/auth_method", "auth_method_confidential", "Only a public client has none.")
		}
	default:
		add("/auth_method", "unknown", "client_secret_basic, client_secret_post, private_key_jwt or none.")
	}
	return append(f, c.checkKeys(fetchable)...)
}

func (c Client) checkKeys(fetchable func(string) error) []problem.Field {
	one := func(pointer, code, detail string) []problem.Field {
		return []problem.Field{{Pointer: pointer, Code: code, Detail: detail}}
	}
	switch {
	case len(c.JWKS) > 0 && c.JWKSURI != "":
		return one("/jwks", "jwks_twice", "Give the keys or their address, not both (RFC 7591 section 2).")
	case c.AuthMethod == AuthJWT && len(c.JWKS) == 0 && c.JWKSURI == "":
		return one("/jwks", "required", "Give the public keys with which the application signs, or where they are.")
	case c.JWKSURI != "":
		if fetchable == nil {
			return nil
		}
		if err := fetchable(c.JWKSURI); err != nil {
			return one("/jwks_uri", problem.CodeOf(err), problem.Of(err).Detail)
		}
		return nil
	case len(c.JWKS) > jwksMost:
		return one("/jwks", "too_long", "At most 32 KiB.")
	case len(c.JWKS) == 0:
		return nil
	}
	set, err := c.Keys()
	if err != nil {
		return one("/jwks", "jwks_unreadable", "This is not a JSON Web Key Set: an object with a list of keys (RFC 7517 section 5).")
	}
	if n := len(set.Keys); n == 0 || n > jwksKeysMost {
		return one("/jwks", "jwks_count", "Between 1 and 20 keys.")
	}
	seen := map[string]bool{}
	for i, k := range set.Keys {
		at := "/jwks/keys/" + strconv.Itoa(i)
		switch {
		case !k.IsPublic() || !k.Valid():
			return one(at, "jwks_private", "Give public keys only. If this was a private key, replace it: it has left your house.")
		case k.Use != "" && k.Use != "sig":
			return one(at, "jwks_use", "Give keys for signing: use is sig.")
		case weak(k):
			return one(at, "jwks_weak", "An RSA key has at least 2,048 bits.")
		case len(set.Keys) > 1 && (k.KeyID == "" || seen[k.KeyID]):
			return one(at, "jwks_kid", "With several keys each needs a kid of its own.")
		}
		seen[k.KeyID] = true
	}
	return nil
}

func weak(k jose.JSONWebKey) bool {
	rsaKey, ok := k.Key.(*rsa.PublicKey)
	return ok && rsaKey.N.BitLen() < rsaBitsLeast
}

// ClientPatch changes the parts that are there.
type ClientPatch struct {
	RedirectURIs *[]string        `json:"redirect_uris,omitempty" maxItems:"200" doc:"The whole list"`
	Public       *bool            `json:"public,omitempty"`
	Native       *bool            `json:"native,omitempty"`
	AuthMethod   *AuthMethod      `json:"auth_method,omitempty" enum:"client_secret_basic,client_secret_post,private_key_jwt,none"`
	JWKS         *json.RawMessage `json:"jwks,omitempty" doc:"null takes them away"`
	JWKSURI      *string          `json:"jwks_uri,omitempty" maxLength:"4000"`
	TokenFormat  *TokenFormat     `json:"token_format,omitempty" enum:"opaque,jwt"`
	DPoPBound    *bool            `json:"dpop_bound,omitempty"`
}

// on gives what the client would be. Becoming public or confidential without a
// word about the method takes the method that goes with it.
func (p ClientPatch) on(c Client) Client {
	was := c.Public
	set(&c.RedirectURIs, p.RedirectURIs)
	set(&c.Public, p.Public)
	set(&c.Native, p.Native)
	set(&c.AuthMethod, p.AuthMethod)
	set(&c.JWKS, p.JWKS)
	set(&c.JWKSURI, p.JWKSURI)
	set(&c.TokenFormat, p.TokenFormat)
	set(&c.DPoPBound, p.DPoPBound)
	if p.AuthMethod == nil && c.Public != was {
		c.AuthMethod = AuthBasic
		if c.Public {
			c.AuthMethod = AuthNone
		}
	}
	if bytes.Equal(c.JWKS, []byte("null")) {
		c.JWKS = nil
	}
	if c.RedirectURIs == nil {
		c.RedirectURIs = []string{}
	}
	return c
}
