package manifest

// Endpoint is a call to the partner: what to send where. URL and header values
// are templates.
type Endpoint struct {
	URL     string   `json:"url"`
	Method  string   `json:"method"`
	Headers []Header `json:"headers,omitzero"`
	Sign    *Sign    `json:"sign,omitempty"`
}

// Header is one header of a call. Only the value is a template.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The schemes of signatures.
const (
	SchemeHMAC             = "hmac-sha256-hex"   // over the exact bytes of the body, lower-case hex
	SchemeStandardWebhooks = "standard-webhooks" // with id and time
)

// Sign says how a body is signed. Without a secret there is no signature.
type Sign struct {
	Scheme    string      `json:"scheme"`
	Header    Opt[string] `json:"header,omitzero"`
	SecretVar Opt[string] `json:"secretVar,omitzero"` // secret variable of the installation's form
}

// AllHeaders gives the headers; absent ones are one Content-Type of JSON.
func (e Endpoint) AllHeaders() []Header {
	if e.Headers == nil {
		return []Header{{"Content-Type", "application/json"}}
	}
	return e.Headers
}

// HeaderName gives the header that carries the signature.
func (s Sign) HeaderName() string { return s.Header.Or("X-Signature") }
