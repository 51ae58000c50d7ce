package webhook_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/client/webhook"
)

// What the libraries of Standard Webhooks test themselves with.
const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	message   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	payload   = `{"test": 2432232314}`
	symmetric = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	asymmetry = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
	seed      = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
)

var moment = time.Unix(1614265330, 0).UTC()

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func headers(signatures ...string) http.Header {
	h := http.Header{}
	h.Set(webhook.HeaderID, message)
	h.Set(webhook.HeaderTimestamp, strconv.FormatInt(moment.Unix(), 10))
	h.Set(webhook.HeaderSignature, strings.Join(signatures, " "))
	return h
}

// keyServer publishes the keys it holds and counts how often it is asked.
type keyServer struct {
	*httptest.Server
	keys  atomic.Pointer[[]ed25519.PrivateKey]
	asked atomic.Int64
}

func newKeyServer(t *testing.T, keys ...ed25519.PrivateKey) *keyServer {
	s := &keyServer{}
	s.keys.Store(&keys)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		var set jose.JSONWebKeySet
		for i, k := range *s.keys.Load() {
			set.Keys = append(set.Keys, jose.JSONWebKey{KeyID: strconv.Itoa(i), Key: k.Public(), Algorithm: "EdDSA", Use: "sig"})
		}
		_ = json.NewEncoder(w).Encode(set)
	}))
	t.Cleanup(s.Close)
	return s
}

func private(t *testing.T, seed string) ed25519.PrivateKey {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(seed)
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(raw)
}

func TestPublicVectors(t *testing.T) {
	t.Parallel()
	keys := newKeyServer(t, private(t, seed))
	for name, v := range map[string]*webhook.Verifier{
		"HMAC": {Secrets: []string{secret}}, "a secret without its prefix": {Secrets: []string{strings.TrimPrefix(secret, "whsec_")}},
		"the older of two secrets": {Secrets: []string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", secret}},
		"Ed25519":                  {JWKSURL: keys.URL}, "both": {Secrets: []string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, JWKSURL: keys.URL},
	} {
		v.Now = at(moment)
		got, err := v.Verify(t.Context(), headers("v9,AAAA", "v1,!!", symmetric, asymmetry), []byte(payload))
		if err != nil || got.ID != message || !got.Time.Equal(moment) || string(got.Body) != payload {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if n := keys.asked.Load(); n != 2 {
		t.Errorf("%d fetches by two verifiers", n)
	}
}

func TestWhatTheirLibrarySigns(t *testing.T) {
	t.Parallel()
	theirs, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, body := range []string{payload, "", "\x00\xff", strings.Repeat("long ", 100_000)} {
		s, err := theirs.Sign(message, now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h := headers(s)
		h.Set(webhook.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		if _, err := (&webhook.Verifier{Secrets: []string{secret}}).Verify(t.Context(), h, []byte(body)); err != nil {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

// H34: what is older than the tolerance, or was changed, is refused.
func TestH34_WhatProvesNothing(t *testing.T) {
	t.Parallel()
	keys := newKeyServer(t, private(t, seed))
	change := func(name, value string) http.Header {
		h := headers(symmetric, asymmetry)
		h.Set(name, value)
		return h
	}
	without := func(name string) http.Header {
		h := headers(symmetric, asymmetry)
		h.Del(name)
		return h
	}
	twice := headers(symmetric)
	twice.Add(webhook.HeaderID, message)
	good := headers(symmetric, asymmetry)
	for name, c := range map[string]struct {
		header http.Header
		body   string
		now    time.Time
	}{
		"another body":             {good, payload + " ", moment},
		"another id":               {change(webhook.HeaderID, message+"x"), payload, moment},
		"another time":             {change(webhook.HeaderTimestamp, "1614265331"), payload, moment},
		"no id":                    {without(webhook.HeaderID), payload, moment},
		"no time":                  {without(webhook.HeaderTimestamp), payload, moment},
		"no signature":             {without(webhook.HeaderSignature), payload, moment},
		"an empty signature":       {headers("v1,", "v1a,"), payload, moment},
		"half a signature":         {headers(symmetric[:20], asymmetry[:40]), payload, moment},
		"the versions exchanged":   {headers("v1a"+symmetric[2:], "v1"+asymmetry[3:]), payload, moment},
		"an id twice":              {twice, payload, moment},
		"too old":                  {good, payload, moment.Add(5*time.Minute + time.Second)},
		"too early":                {good, payload, moment.Add(-5*time.Minute - time.Second)},
		"a time in words":          {change(webhook.HeaderTimestamp, "now"), payload, moment},
		"more signatures than fit": {headers(append(slicesOf("v1,AAAA", 20), symmetric)...), payload, moment},
	} {
		v := &webhook.Verifier{Secrets: []string{secret}, JWKSURL: keys.URL, Now: at(c.now)}
		if m, err := v.Verify(t.Context(), c.header, []byte(c.body)); !errors.Is(err, webhook.ErrInvalid) || m.ID != "" {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	wide := &webhook.Verifier{Secrets: []string{secret}, Tolerance: time.Hour, Now: at(moment.Add(59 * time.Minute))}
	if _, err := wide.Verify(t.Context(), good, []byte(payload)); err != nil {
		t.Errorf("within an hour: %v", err)
	}
}

func slicesOf(s string, n int) []string { return strings.Fields(strings.Repeat(s+" ", n)) }

func TestWhatCannotBeJudged(t *testing.T) {
	t.Parallel()
	dead := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(dead.Close)
	for name, v := range map[string]*webhook.Verifier{
		"nothing set": {}, "half a secret": {Secrets: []string{"whsec_MfKQ"}}, "no secret": {Secrets: []string{"hunter2!"}}, "keys out of reach": {JWKSURL: dead.URL},
	} {
		v.Now = at(moment)
		if _, err := v.Verify(t.Context(), headers(symmetric, asymmetry), []byte(payload)); !errors.Is(err, webhook.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A secret that fits needs no keys.
	v := &webhook.Verifier{Secrets: []string{secret}, JWKSURL: dead.URL, Now: at(moment)}
	if _, err := v.Verify(t.Context(), headers(symmetric), []byte(payload)); err != nil {
		t.Error(err)
	}
}

// A new key is noticed when a signature fits none that is known; strangers' signatures do not turn the receiver into a
// client that hammers the address.
func TestNewKeysAreNoticed(t *testing.T) {
	t.Parallel()
	old := private(t, base64.StdEncoding.EncodeToString([]byte("an older key, of thirty-two byte")))
	keys := newKeyServer(t, old)
	now := moment
	v := &webhook.Verifier{JWKSURL: keys.URL, Now: func() time.Time { return now }}
	by := func(k ed25519.PrivateKey) http.Header {
		return headers("v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(k, []byte(message+"."+strconv.FormatInt(moment.Unix(), 10)+"."+payload))))
	}
	if _, err := v.Verify(t.Context(), by(old), []byte(payload)); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := v.Verify(t.Context(), headers(asymmetry), []byte(payload)); !errors.Is(err, webhook.ErrInvalid) {
			t.Fatal(err)
		}
	}
	if n := keys.asked.Load(); n != 1 {
		t.Errorf("%d fetches within ten seconds", n)
	}
	now = moment.Add(11 * time.Second)
	keys.keys.Store(&[]ed25519.PrivateKey{old, private(t, seed)})
	for _, h := range []http.Header{headers(asymmetry), by(old)} {
		if _, err := v.Verify(t.Context(), h, []byte(payload)); err != nil {
			t.Error(err)
		}
	}
	if n := keys.asked.Load(); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

func TestHandlerAnswers(t *testing.T) {
	t.Parallel()
	var seen []string
	fail := errors.New("no")
	do := func(_ context.Context, m webhook.Message) error {
		seen = append(seen, string(m.Body))
		if strings.Contains(string(m.Body), "fail") {
			return fail
		}
		return nil
	}
	theirs, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	good := &webhook.Verifier{Secrets: []string{secret}, Now: at(moment)}
	for name, c := range map[string]struct {
		v    *webhook.Verifier
		body string
		sign bool
		want int
	}{
		"fine": {good, "fine", true, http.StatusNoContent}, "a failure": {good, "fail", true, http.StatusInternalServerError},
		"unsigned": {good, "forged", false, http.StatusUnauthorized}, "unset": {&webhook.Verifier{}, "unset", true, http.StatusServiceUnavailable},
		"too long": {good, strings.Repeat("x", 5<<20), true, http.StatusRequestEntityTooLarge},
	} {
		signed := "v1,AAAA"
		if c.sign {
			if signed, err = theirs.Sign(message, moment, []byte(c.body)); err != nil {
				t.Fatal(err)
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header = headers(signed)
		w := httptest.NewRecorder()
		c.v.Handler(do).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if len(seen) != 2 {
		t.Errorf("given: %.20q", seen)
	}
}
