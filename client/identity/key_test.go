package identity_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/client/identity/identitytest"
)

func accepts(t *testing.T, v *identity.Verifier, header string) {
	t.Helper()
	if _, err := v.Verify(request(header)); err != nil {
		t.Fatal(err)
	}
}

func refuses(t *testing.T, v *identity.Verifier, header string, want error) {
	t.Helper()
	if _, err := v.Verify(request(header)); !errors.Is(err, want) {
		t.Fatalf("answered %v, want %v", err, want)
	}
}

func TestKeysAreFetchedOnceAndNewOnesNoticed(t *testing.T) {
	t.Parallel()
	s, c := signer(t)
	v := s.Verifier()
	for range 50 {
		accepts(t, v, s.Sign(caller()))
	}
	if n := s.Fetches(); n != 1 {
		t.Fatalf("%d fetches for one key", n)
	}
	c.Pass(11 * time.Second)
	s.Rotate(jose.ES256)
	accepts(t, v, s.Sign(caller()))
	if n := s.Fetches(); n != 2 {
		t.Fatalf("%d fetches after a rotation", n)
	}
}

func TestWithdrawnKeyIsRefusedOnceTheSetIsRenewed(t *testing.T) {
	t.Parallel()
	s, c := signer(t)
	v := s.Verifier()
	stolen := s.Key()
	accepts(t, v, s.Sign(caller()))
	s.Rotate(jose.EdDSA)
	s.Retire()
	c.Pass(6 * time.Minute)
	forged := sign(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: stolen}, s.Claims(caller()), &jose.SignerOptions{})
	refuses(t, v, forged, identity.ErrInvalid)
	accepts(t, v, s.Sign(caller()))
}

func TestInventedKeyIdsDoNotHammerTheIssuer(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	v := s.Verifier()
	accepts(t, v, s.Sign(caller()))
	stranger := identitytest.New(t)
	for range 3 {
		stranger.Rotate(jose.EdDSA)
		forged := sign(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: stranger.Key()}, s.Claims(caller()), &jose.SignerOptions{})
		refuses(t, v, forged, identity.ErrInvalid)
	}
	if n := s.Fetches(); n != 1 {
		t.Fatalf("%d fetches within ten seconds", n)
	}
}

func TestKeyOutageIsBridgedThenFailsClosed(t *testing.T) {
	t.Parallel()
	s, c := signer(t)
	v := s.Verifier()
	s.Down(true)
	refuses(t, v, s.Sign(caller()), identity.ErrUnavailable)
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, request(s.Sign(caller())))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("middleware answered %d", w.Code)
	}

	s.Down(false)
	c.Pass(11 * time.Second)
	accepts(t, v, s.Sign(caller()))
	s.Down(true)
	c.Pass(59 * time.Minute)
	accepts(t, v, s.Sign(caller()))
	c.Pass(2 * time.Minute)
	refuses(t, v, s.Sign(caller()), identity.ErrUnavailable)
	s.Down(false)
	c.Pass(11 * time.Second)
	accepts(t, v, s.Sign(caller()))
}

func TestManyCallersShareOneFetch(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	v := s.Verifier()
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if _, err := v.Verify(request(s.Sign(caller()))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.Fetches(); n != 1 {
		t.Fatalf("%d fetches", n)
	}
}

func TestKeySetsThatProveNothing(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	key := s.Key()
	private, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"not JSON":        "<html>",
		"empty":           `{"keys":[]}`,
		"secret key":      `{"keys":[` + string(private) + `]}`,
		"encryption key":  `{"keys":[` + strings.Replace(string(public), `"sig"`, `"enc"`, 1) + `]}`,
		"other algorithm": `{"keys":[` + strings.Replace(string(public), `"EdDSA"`, `"ES256"`, 1) + `]}`,
		"shared secret":   `{"keys":[{"kty":"oct","kid":"key-1","k":"c2VjcmV0"}]}`,
		"too large":       `{"keys":[` + string(public) + `],"x":"` + strings.Repeat("x", 300<<10) + `"}`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := s.Verifier()
			v.JWKSURL = serveText(t, body)
			refuses(t, v, s.Sign(caller()), identity.ErrUnavailable)
		})
	}
	t.Run("unknown kinds beside a good one", func(t *testing.T) {
		t.Parallel()
		v := s.Verifier()
		v.JWKSURL = serveText(t, `{"keys":[{"kty":"XYZ","kid":"a"},`+string(public)+`]}`)
		accepts(t, v, s.Sign(caller()))
	})
	t.Run("redirects are not followed", func(t *testing.T) {
		t.Parallel()
		v := s.Verifier()
		v.HTTP = nil
		hop := httptest.NewServer(http.RedirectHandler(s.JWKSURL(), http.StatusFound))
		t.Cleanup(hop.Close)
		v.JWKSURL = hop.URL
		refuses(t, v, s.Sign(caller()), identity.ErrUnavailable)
	})
}

func serveText(t *testing.T, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestUnconfiguredVerifierFailsClosed(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	refuses(t, &identity.Verifier{}, s.Sign(caller()), identity.ErrUnavailable)
}
