package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/problem"
)

// ResourcePath is where a client that was refused learns who issues tokens for the
// gateway (RFC 9728 section 3).
const ResourcePath = "/.well-known/oauth-protected-resource"

// protected describes the gateway to clients (RFC 9728 section 2).
type protected struct {
	Resource      string   `json:"resource"`
	Servers       []string `json:"authorization_servers"`
	Name          string   `json:"resource_name,omitempty"`
	Scopes        []string `json:"scopes_supported"`
	Methods       []string `json:"bearer_methods_supported"`
	DPoP          []string `json:"dpop_signing_alg_values_supported"`
	DPoPRequired  bool     `json:"dpop_bound_access_tokens_required"`
	Documentation string   `json:"resource_documentation,omitempty"`
}

// describe serves the metadata; false when the request is for something else.
func (p *Proxy) describe(w http.ResponseWriter, r *http.Request, path string) bool {
	if path != ResourcePath || p.Issuer == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	d := protected{Resource: p.Engine.Proofs.Base, Servers: []string{p.Issuer}, Scopes: []string{}, Methods: []string{"header"}, DPoP: dpop.Algorithms,
		Documentation: p.Engine.Docs + "/reference"}
	if k := p.Engine.current(); k != nil {
		d.Name, d.Scopes = k.catalog.File().Product.Name, k.catalog.Scopes()
	}
	body, err := json.Marshal(d)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return true
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(body)
	return true
}

// challenge is the header of a refusal (RFC 6750 section 3, RFC 9449 section 7.1,
// RFC 9728 section 5.1): no error code when the caller sent no credential.
func (e *Engine) challenge(p *problem.Error) string {
	name := "invalid_token"
	switch p.Code {
	case "missing_credential":
		name = ""
	case "scope_missing":
		name = "insufficient_scope"
	case "invalid_dpop_proof", "use_dpop_nonce":
		name = p.Code
	}
	tail := ` realm="guestright"`
	if name != "" {
		tail += `, error="` + name + `", error_description=` + strconv.Quote(p.Code)
	}
	if e.Proofs.Base != "" {
		tail += `, resource_metadata="` + e.Proofs.Base + ResourcePath + `"`
	}
	if p.Code == "dpop_required" || p.Code == "invalid_dpop_proof" || p.Code == "use_dpop_nonce" {
		return "DPoP" + tail + `, algs="` + strings.Join(dpop.Algorithms, " ") + `"`
	}
	return "Bearer" + tail
}
