package outbound

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

// A library's requests go where ours may go and no further; it is told of
// redirects, and long answers end.
func TestRoundTripper(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(rw, strings.Repeat("x", 101))
		case "/full":
			_, _ = io.WriteString(rw, strings.Repeat("x", 100))
		default:
			http.Redirect(rw, r, "https://192.0.2.1/", http.StatusFound)
		}
	}, nil)
	tr := w.client.RoundTripper(100)
	get := func(url string) (*http.Response, string, error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("hi"))
		r.RequestURI = ""
		res, err := tr.RoundTrip(r)
		if err != nil {
			return nil, "", err
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		return res, string(body), err
	}
	if res, body, err := get("https://example.com/full"); err != nil || res.StatusCode != 200 || len(body) != 100 {
		t.Errorf("%v, %d bytes", err, len(body))
	}
	if _, body, err := get("https://example.com/long"); err == nil || len(body) > 100 {
		t.Errorf("%v, %d bytes", err, len(body))
	}
	if res, _, err := get("https://example.com/away"); err != nil || res.StatusCode != http.StatusFound {
		t.Errorf("%v", err)
	}
	for url, code := range map[string]string{"http://example.com/": "url_scheme", "https://127.0.0.1/": "url_address", "https://example.com:22/": "url_port"} {
		if _, _, err := get(url); problem.CodeOf(err) != code {
			t.Errorf("%s: %v", url, err)
		}
	}
	w.names.hosts["inside.example.com"] = [][]string{{"10.0.0.1"}}
	if _, _, err := get("https://inside.example.com/"); FailureOf(t.Context(), err) != Refused {
		t.Errorf("inside: %v", err)
	}
	if len(w.dialed) == 0 {
		t.Error("nothing went through the guarded client")
	}
}
