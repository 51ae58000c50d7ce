package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/guestright/guestright/server/servertest"
)

// On a loopback address the console also answers to localhost, since browsers offer passkeys to names
// only; to no other name.
func TestConsoleAnswersToItsNames(t *testing.T) {
	h := servertest.Start(t, servertest.Options{})
	at, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		at.Host:                       http.StatusOK,
		"localhost:" + at.Port():      http.StatusOK,
		"localhost.evil.example":      http.StatusMisdirectedRequest,
		"evil.example:" + at.Port():   http.StatusMisdirectedRequest,
		"localhost:1":                 http.StatusMisdirectedRequest,
		"127.0.0.2:" + at.Port():      http.StatusMisdirectedRequest,
		"localhost.:" + at.Port():     http.StatusMisdirectedRequest,
		"a.localhost:" + at.Port():    http.StatusMisdirectedRequest,
		"localhost@x:" + at.Port():    http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example:8480": http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/sign-in", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if got := h.Do(r).Status; got != want {
			t.Errorf("%s: %d, want %d", host, got, want)
		}
	}
}
