package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/problem"
)

// Header carries a proof, exactly one (RFC 9449 section 4.1).
const Header = "Dpop"

// Algorithms are the ones that a proof may be signed with: asymmetric only.
var Algorithms = []string{"ES256", "ES384", "EdDSA", "PS256", "RS256"}

var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA, jose.PS256, jose.RS256}

const (
	proofMost = 8 << 10 // bytes
	idMost    = 512
)

// Proof is a proof whose signature is good.
type Proof struct {
	Thumbprint string    // of the key (RFC 7638), what cnf.jkt holds
	ID         string    // jti, to be seen once
	Method     string    // htm
	URL        string    // htu
	Token      string    // ath: base64url SHA-256 of the access token, "" for none
	Nonce      string    // of ours, "" for none
	Issued     time.Time // iat
}

type claims struct {
	ID     string          `json:"jti"`
	Method string          `json:"htm"`
	URL    string          `json:"htu"`
	Token  string          `json:"ath"`
	Nonce  string          `json:"nonce"`
	Issued json.RawMessage `json:"iat"` // a text that holds a number is none
}

func fail(detail string) *problem.Error { return problem.Invalid("invalid_dpop_proof", detail) }

// Parse reads a proof and checks its signature by the key that it carries. Error:
// Invalid `invalid_dpop_proof`.
func Parse(raw string) (Proof, error) {
	if len(raw) == 0 || len(raw) > proofMost {
		return Proof{}, fail("The DPoP header holds no proof, or one that is too long.")
	}
	signed, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return Proof{}, fail("The proof is no JWT with an algorithm that is accepted here.").Because(err)
	}
	head := signed.Signatures[0].Protected
	if typ, _ := head.ExtraHeaders[jose.HeaderType].(string); typ != "dpop+jwt" {
		return Proof{}, fail("The proof's typ is dpop+jwt.")
	}
	key := head.JSONWebKey
	if key == nil || !key.Valid() || !key.IsPublic() || weak(key) {
		return Proof{}, fail("The proof carries its public key in jwk.")
	}
	body, err := signed.Verify(key)
	if err != nil {
		return Proof{}, fail("The proof's signature is not by the key that it carries.").Because(err)
	}
	thumb, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return Proof{}, fail("The proof's key has no thumbprint.").Because(err)
	}
	p, err := readClaims(body)
	p.Thumbprint = base64.RawURLEncoding.EncodeToString(thumb)
	return p, err
}

// weak reports keys that nobody should rely on.
func weak(k *jose.JSONWebKey) bool {
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() < 2048 || key.N.BitLen() > 8192
	case *ecdsa.PublicKey:
		return key.Params().BitSize < 256
	}
	return false
}

func readClaims(body []byte) (Proof, error) {
	var c claims
	if err := json.Unmarshal(body, &c); err != nil {
		return Proof{}, fail("The proof's claims cannot be read.").Because(err)
	}
	sec, err := strconv.ParseInt(string(c.Issued), 10, 64)
	if err != nil || sec <= 0 || sec > 1<<40 {
		return Proof{}, fail("The proof's iat is a whole number of seconds.")
	}
	if c.ID == "" || len(c.ID) > idMost || c.Method == "" || c.URL == "" {
		return Proof{}, fail("A proof has jti, htm, htu and iat.")
	}
	return Proof{ID: c.ID, Method: c.Method, URL: c.URL, Token: c.Token, Nonce: c.Nonce, Issued: time.Unix(sec, 0).UTC()}, nil
}

// Request is what a proof has to be for.
type Request struct {
	Method string
	URL    string // without query; one of several spellings is enough
	Also   []string
	Token  string // access token that is shown with it, "" for none
	Now    time.Time
	Window time.Duration // around Now in which iat may be
}

// Check says whether the proof is for the request (RFC 9449 section 4.3). Error:
// Invalid `invalid_dpop_proof`.
func (p Proof) Check(r Request) error {
	age := r.Now.Sub(p.Issued)
	switch {
	case p.Method != r.Method:
		return fail("The proof is for another method.")
	case !p.fits(r):
		return fail("The proof is for another address.")
	case age > r.Window || age < -r.Window:
		return fail("The proof is too old or from the future. Set your clock, and make a new proof for every request.")
	}
	if r.Token == "" {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(p.Token), []byte(Hash(r.Token))) != 1 {
		return fail("The proof is for another access token.")
	}
	return nil
}

func (p Proof) fits(r Request) bool {
	got, ok := normal(p.URL)
	if !ok {
		return false
	}
	for _, u := range append([]string{r.URL}, r.Also...) {
		if want, ok := normal(u); ok && want == got {
			return true
		}
	}
	return false
}

// Name is what the proof is remembered by: its id, which its key chose.
func (p Proof) Name() string { return "dpop/" + p.Thumbprint + "/" + p.ID }

// Until is how long the proof's id has to be remembered.
func (p Proof) Until(window time.Duration) time.Time { return p.Issued.Add(window + time.Second) }

// Hash is an access token as ath names it.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// normal leaves out query and fragment and what RFC 3986 section 6.2 says means
// the same: case of scheme and host, the usual port, an empty path.
func normal(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme == "" {
		return "", false
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return "", false
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + host + path, true
}
