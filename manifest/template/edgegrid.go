package template

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/guestright/guestright/manifest/value"
)

// Signing is what signatures of a request need and data do not tell.
type Signing struct {
	Time  time.Time
	Nonce string // fresh for each request
	Body  []byte // as it is sent; nil: none
}

// The arguments of edgeGridAuth that its path names, by their places.
var edgeGridPlaces = []struct {
	name  string
	place int
}{{"hostname", 2}, {"host", 2}, {"network", 3}, {"namespaceId", 4}, {"groupId", 5}, {"key", 6}, {"_featureStoreKey", 6}}

// edgeGrid makes an Authorization header for Akamai (EG1-HMAC-SHA256,
// https://techdocs.akamai.com/developer/docs/edgegrid). The arguments are method,
// path, host, network, namespace, group, key, client secret, client token and
// access token.
func (r *renderer) edgeGrid(o *op, first value.Value, rest []value.Value) (out, reason string) {
	if r.signing == nil {
		return "", "edgeGridAuth signs only a request that is about to be sent"
	}
	args := []string{r.text(first)}
	for _, v := range rest {
		args = append(args, r.text(v))
	}
	path := args[1]
	for _, p := range edgeGridPlaces {
		path = strings.ReplaceAll(path, "{{"+p.name+"}}", args[p.place])
	}
	if strings.Contains(path, "{{") {
		return "", "edgeGridAuth fills in network, namespaceId, groupId and key only"
	}
	for _, a := range args[8:] {
		if strings.ContainsAny(a, ";\t\r\n") {
			return "", "a token of edgeGridAuth has no white space and no semicolon"
		}
	}
	return r.signing.EdgeGrid(EdgeGrid{Method: args[0], Host: args[2], Path: path, ClientSecret: args[7], ClientToken: args[8], AccessToken: args[9]}), ""
}

// EdgeGrid is a request to be signed for Akamai.
type EdgeGrid struct {
	Method, Host, Path                     string // Path with its query
	ClientSecret, ClientToken, AccessToken string
}

// edgeGridBody is how much of a body is signed.
const edgeGridBody = 128 << 10

// EdgeGrid gives the Authorization header of a request.
func (s *Signing) EdgeGrid(q EdgeGrid) string {
	at := s.Time.UTC().Format("20060102T15:04:05+0000")
	head := "EG1-HMAC-SHA256 client_token=" + q.ClientToken + ";access_token=" + q.AccessToken + ";timestamp=" + at + ";nonce=" + s.Nonce + ";"
	sum := ""
	if q.Method == "POST" && len(s.Body) > 0 {
		h := sha256.Sum256(s.Body[:min(len(s.Body), edgeGridBody)])
		sum = base64.StdEncoding.EncodeToString(h[:])
	}
	text := strings.Join([]string{strings.ToUpper(q.Method), "https", strings.ToLower(q.Host), q.Path, "", sum, head}, "\t")
	return head + "signature=" + mac(text, mac(at, q.ClientSecret))
}

func mac(text, key string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
