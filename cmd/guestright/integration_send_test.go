package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// bell has a hook for flags, signed, and none for anything else.
const bell = `{
  "name": "Bell", "version": "1.0.0", "overview": "Ring for a change.", "description": "Ring the bell whenever somebody changes something in the harbour.",
  "author": "Harbour Office", "supportEmail": "watch@harbour.example", "links": {"site": "https://harbour.example/", "privacyPolicy": "https://harbour.example/privacy"},
  "categories": ["automation"], "icons": {"square": "bell.svg", "horizontal": "bell.svg"},
  "formVariables": [{"key": "secret", "name": "Secret", "type": "string", "description": "Signs.", "isSecret": true}],
  "capabilities": {"auditLogEventsHook": {"endpoint": {"url": "https://harbour.example/bell", "method": "PUT", "headers": [{"name": "X-Bell", "value": "{{context.kind}}"}],
    "hmacSignature": {"headerName": "X-Sig", "hmacSecretFormVariableKey": "secret"}}, "templates": {"flag": "flag.json.hbs"}, "defaultPolicy": [{"resources": ["*"]}]}}
}`

// What would go to the partner goes to a server of one's own, signed as it would be.
func TestIntegrationSend(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	got := make(chan *http.Request, 10)
	bodies := make(chan string, 10)
	status := http.StatusOK
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r
		bodies <- string(body)
		w.WriteHeader(status)
		_, _ = w.Write([]byte("heard"))
	}))
	t.Cleanup(desk.Close)
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := execute(&world{ctx: context.Background(), out: &out, errw: &out, in: strings.NewReader("")}, append([]string{"integration", "send", "--to", desk.URL, dir}, args...))
		return code, out.String()
	}
	code, said := run("--set", "secret=s3", "--show")
	if code != 0 || !strings.Contains(said, "eventHook: PUT "+desk.URL+": 200 OK") || !strings.Contains(said, "heard") {
		t.Fatalf("%d %s", code, said)
	}
	r, body := <-got, <-bodies
	mac := hmac.New(sha256.New, []byte("s3"))
	mac.Write([]byte(body))
	if r.Method != http.MethodPut || body != `{"said":"Night light"}` || r.Header.Get("X-Bell") != "flag" || r.Header.Get("X-Sig") != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("%s %s %v", r.Method, body, r.Header)
	}
	if code, said := run("--event", "member"); code != 0 || !strings.Contains(said, "nothing is sent") || len(got) != 0 {
		t.Errorf("%d %s", code, said)
	}
	if code, said := run("--set", "nothing=1"); code != exitMisused || !strings.Contains(said, "no such field") {
		t.Errorf("%d %s", code, said)
	}
	status = http.StatusTeapot
	if code, said := run(); code != exitFailed || !strings.Contains(said, "418") {
		t.Errorf("%d %s", code, said)
	}
}
