package oauth

import (
	"net/http"
	"net/url"
	"time"

	"github.com/guestright/guestright/authorization"
)

// EnterPath is the page on which people type the code that their device shows.
const EnterPath = "/device"

// grantDevice is the grant type of a device that asks for its tokens (RFC 8628
// section 3.4).
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// begun is the answer to a device (RFC 8628 section 3.2).
type begun struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  int64  `json:"expires_in"`
	Interval   int64  `json:"interval"`
}

// device begins the flow of a device that has no browser.
func (s *Server) device(w http.ResponseWriter, q *request, c *authorization.Client) error {
	proof, err := s.proof(q, "")
	if err != nil {
		return err
	}
	got, err := s.Authorizations.Begin(q.Context(), authorization.Asked{Client: c, Confirmation: proof, Resources: q.form["resource"]}, q.form)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, begun{DeviceCode: got.Code.Reveal(), UserCode: got.UserCode, URI: s.Issuer + EnterPath,
		Complete:  s.Issuer + EnterPath + "?" + url.Values{"user_code": {got.UserCode}}.Encode(),
		ExpiresIn: int64(got.Life / time.Second), Interval: int64(got.Every / time.Second)})
	return nil
}
