package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/usage"
)

// check asks the forward-auth endpoint itself.
func (s *stand) check(t *testing.T, path string, header ...string) servertest.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.House.Checks+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
	}
	return s.House.Do(r)
}

func TestForwardAuthEndpoint(t *testing.T) {
	t.Parallel()
	key := "Guestright-Check-Key: " + checkKey
	for _, family := range []gateway.Family{gateway.FamilyOriginal, gateway.FamilyForwarded} {
		t.Run(string(family), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, string(family), family)
			mine, other := "X-Original-", "X-Forwarded-"
			if family == gateway.FamilyForwarded {
				mine, other = other, mine
			}
			bearer := "Authorization: Bearer " + s.token
			asked := []string{key, bearer, mine + "Method: GET", mine + "Uri: /a/x?q=1", mine + "Host: " + fronttest.Host}
			with := func(more ...string) []string { return append(append([]string{}, asked...), more...) }

			before := s.counted(t, s.app.ID.String()).Total()
			a := s.check(t, "/check", asked...)
			if a.Status != http.StatusOK || a.Header.Get(gateway.IdentityHeader) == "" || a.Header.Get(gateway.DecisionHeader) == "" || a.Header.Get("RateLimit") == "" ||
				a.Header.Get("Cache-Control") != "no-store" || len(a.Body) > 0 {
				t.Errorf("pass: %d %v %s", a.Status, a.Header, a.Body)
			}
			if after := s.counted(t, s.app.ID.String()); after.Total() != before+1 || after[usage.OK] != before+1 {
				t.Errorf("one question, counted %d: %v", after.Total()-before, after)
			}
			for _, query := range []string{"/check?scope=all", "/check?uri=/a/x&method=GET&access_token=" + s.token} {
				if a := s.check(t, query, key, bearer, mine+"Method: GET", mine+"Uri: /admin", mine+"Host: "+fronttest.Host); a.Status != http.StatusForbidden {
					t.Errorf("H17 %s: %d %s", query, a.Status, a.Body)
				}
				if a := s.check(t, query, asked...); a.Status != http.StatusOK {
					t.Errorf("H17 %s: %d %s", query, a.Status, a.Body)
				}
			}
			for name, header := range map[string][]string{
				"H07 other family's URI":       with(other + "Uri: /a/x"),
				"H07 other family's method":    with(other + "Method: GET"),
				"H07 other family's host":      with(other + "Host: x"),
				"H07 standard header":          with("Forwarded: for=1.2.3.4"),
				"H07 underscores":              with("X_" + strings.Trim(mine[2:], "-") + "_Uri: /admin"),
				"H07 rewrite":                  with("X-Rewrite-Url: /admin"),
				"two URIs":                     with(mine + "Uri: /admin"),
				"two methods":                  with(mine + "Method: DELETE"),
				"no URI":                       {key, bearer, mine + "Method: GET"},
				"no method":                    {key, bearer, mine + "Uri: /a/x"},
				"empty URI":                    {key, bearer, mine + "Method: GET", mine + "Uri: "},
				"nothing":                      {key, bearer},
				"absolute URI":                 {key, bearer, mine + "Method: GET", mine + "Host: " + fronttest.Host, mine + "Uri: http://other/a/x"},
				"relative URI":                 {key, bearer, mine + "Method: GET", mine + "Host: " + fronttest.Host, mine + "Uri: a/x"},
				"dots":                         {key, bearer, mine + "Method: GET", mine + "Host: " + fronttest.Host, mine + "Uri: /a/../admin"},
				"method with space":            {key, bearer, mine + "Method: GET x", mine + "Host: " + fronttest.Host, mine + "Uri: /a/x"},
				"TRACE":                        {key, bearer, mine + "Method: TRACE", mine + "Host: " + fronttest.Host, mine + "Uri: /a/x"},
				"other host":                   {key, bearer, mine + "Method: GET", mine + "Host: evil.example", mine + "Uri: /a/x"},
				"no key":                       asked[1:],
				"wrong key":                    append([]string{"Guestright-Check-Key: " + strings.Repeat("0", 32)}, asked[1:]...),
				"two keys":                     with(key),
				"key as bearer":                append([]string{"Authorization: Bearer " + checkKey}, asked[2:]...),
				"no token":                     append([]string{key}, asked[2:]...),
				"cut key":                      append([]string{key[:len(key)-1]}, asked[1:]...),
				"control byte in a URI's path": {key, bearer, mine + "Method: GET", mine + "Host: " + fronttest.Host, mine + "Uri: /a/\tx"},
			} {
				a := s.check(t, "/check", header...)
				if a.Status < 400 || a.Status >= 500 || a.Header.Get(gateway.IdentityHeader) != "" || family == gateway.FamilyOriginal && a.Status != 401 && a.Status != 403 {
					t.Errorf("%s: %d %v %s", name, a.Status, a.Header, a.Body)
				}
			}
			if a := s.check(t, "/other", asked...); a.Status != http.StatusNotFound {
				t.Errorf("another path: %d", a.Status)
			}
			a = s.check(t, "/check", key, bearer, mine+"Method: GET", mine+"Host: "+fronttest.Host, mine+"Uri: /nowhere")
			want := http.StatusNotFound
			if family == gateway.FamilyOriginal {
				want = http.StatusForbidden
				var doc struct{ Code string }
				if err := json.Unmarshal([]byte(a.Header.Get(gateway.ProblemHeader)), &doc); err != nil || doc.Code != "not_found" {
					t.Errorf("problem header: %q", a.Header.Get(gateway.ProblemHeader))
				}
			}
			if a.Status != want || a.Header.Get(gateway.StatusHeader) != "404" {
				t.Errorf("absent: %d %v", a.Status, a.Header)
			}
		})
	}
}

// The doors for proxies do not open with a weak key or for strangers.
func TestCheckDoorsAreClosed(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{Change: func(c *server.Config) {
		c.Checks.Listen, c.Checks.GRPC, c.Checks.Trust = "127.0.0.1:0", "127.0.0.1:0", []string{"192.0.2.0/24"}
	}})
	s := &stand{House: h}
	if a := s.check(t, "/check", "X-Original-Method: GET", "X-Original-Uri: /a/x"); a.Status != http.StatusUnauthorized || a.Code() != "check_not_trusted" {
		t.Errorf("from another network: %d %s", a.Status, a.Body)
	}
	_, err := s.envoy(t).Check(t.Context(), question("GET", "/a/x", "", nil))
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("from another network: %v", err)
	}
}

// envoy is a client of the Envoy door, as Envoy is.
func (s *stand) envoy(t *testing.T) authv3.AuthorizationClient {
	t.Helper()
	c, err := grpc.NewClient(s.House.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return authv3.NewAuthorizationClient(c)
}

func question(method, path, host string, header map[string]string) *authv3.CheckRequest {
	return &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Source: &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{Address: "203.0.113.9"}}}},
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{Method: method, Path: path, Host: host, Headers: header,
			Protocol: "HTTP/1.1", Scheme: "https"}}}}
}

func TestEnvoyCheck(t *testing.T) {
	t.Parallel()
	s := newStand(t, "envoy", gateway.FamilyOriginal)
	client := s.envoy(t)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", checkKey), 20*time.Second)
	defer cancel()
	header := func(more ...string) map[string]string {
		m := map[string]string{":method": "GET", ":authority": fronttest.Host, "authorization": "Bearer " + s.token, "x-forwarded-for": "203.0.113.9", "x-request-id": "1"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	res, err := client.Check(ctx, question("GET", "/a/x?q=1", fronttest.Host, header("guestright-identity", "forged", "guestright_identity", "forged", "x-original-uri", "/a", "x-simulate", "not_found")))
	if err != nil || res.GetStatus().GetCode() != int32(codes.OK) {
		t.Fatalf("pass: %v %v", res, err)
	}
	set := map[string]string{}
	for _, o := range res.GetOkResponse().GetHeaders() {
		set[o.GetHeader().GetKey()] = o.GetHeader().GetValue()
		if o.GetAppendAction() != corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD {
			t.Errorf("%s does not replace what the client sent", o.GetHeader().GetKey())
		}
	}
	removed := res.GetOkResponse().GetHeadersToRemove()
	if strings.Count(set["guestright-identity"], ".") != 2 || set["guestright-decision"] == "" ||
		strings.Join(removed, " ") != "authorization guestright_identity x-original-uri x-simulate" {
		t.Errorf("set %v, removed %v", set, removed)
	}
	if n := len(res.GetOkResponse().GetResponseHeadersToAdd()); n < 3 {
		t.Errorf("%d headers for the answer", n)
	}
	if got := s.counted(t, s.app.ID.String()); got[usage.OK] != 1 || got.Total() != 1 {
		t.Errorf("counted %v", got)
	}
	for _, c := range []struct {
		name, method, path, host string
		header                   map[string]string
		status                   int
		code                     codes.Code
		problem                  string
	}{
		{"beyond the scopes", "GET", "/admin", fronttest.Host, header(), 403, codes.PermissionDenied, "scope_missing"},
		{"no token", "GET", "/a/x", fronttest.Host, map[string]string{}, 401, codes.Unauthenticated, "missing_credential"},
		{"two tokens in one", "GET", "/a/x", fronttest.Host, header("authorization", "Bearer "+s.token+",Bearer "+s.token), 400, codes.PermissionDenied, "request.authorization_malformed"},
		{"dots", "GET", "/a/../admin", fronttest.Host, header(), 400, codes.PermissionDenied, "request.path_dot_segment"},
		{"other host", "GET", "/a/x", "evil.example", header(":authority", "evil.example"), 421, codes.PermissionDenied, "request.wrong_host"},
		{"control byte", "GET", "/a/x", fronttest.Host, header("x-a", "b\x01c"), 400, codes.PermissionDenied, "request.header_malformed"},
		{"line break", "GET", "/a/x", fronttest.Host, header("x-a", "b\r\nx-b: c"), 400, codes.PermissionDenied, "request.header_malformed"},
		{"foreign account", "GET", "/a/x", fronttest.Host, header("x-tenant", "south"), 404, codes.PermissionDenied, "not_found"},
		{"wrong method", "PUT", "/a/x", fronttest.Host, header(":method", "PUT"), 405, codes.PermissionDenied, "method_not_allowed"},
	} {
		res, err := client.Check(ctx, question(c.method, c.path, c.host, c.header))
		denied := res.GetDeniedResponse()
		var doc struct{ Code, Decision string }
		if err != nil || int(denied.GetStatus().GetCode()) != c.status || res.GetStatus().GetCode() != int32(c.code) {
			t.Errorf("%s: %v %v", c.name, res, err)
			continue
		}
		if err := json.Unmarshal([]byte(denied.GetBody()), &doc); err != nil || doc.Code != c.problem || doc.Decision == "" {
			t.Errorf("%s: %s", c.name, denied.GetBody())
		}
	}
	raw := question("GET", "/a/x", fronttest.Host, nil)
	raw.Attributes.Request.Http.HeaderMap = &corev3.HeaderMap{Headers: []*corev3.HeaderValue{{Key: "authorization", RawValue: []byte("Bearer " + s.token)}}}
	if res, err := client.Check(ctx, raw); err != nil || res.GetOkResponse() == nil {
		t.Errorf("raw headers: %v %v", res, err)
	}
	both := question("GET", "/a/x", fronttest.Host, header())
	both.Attributes.Request.Http.HeaderMap = raw.Attributes.Request.Http.HeaderMap
	for name, q := range map[string]*authv3.CheckRequest{"nothing": {}, "no path": question("GET", "", fronttest.Host, header()), "two header lists": both,
		"two paths": question("GET", "/a/x", fronttest.Host, header(":path", "/admin")), "two hosts": question("GET", "/a/x", fronttest.Host, header("host", "evil.example"))} {
		if _, err := client.Check(ctx, q); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]context.Context{"no key": t.Context(), "wrong key": metadata.AppendToOutgoingContext(t.Context(), "guestright-check-key", "x"),
		"two keys": metadata.AppendToOutgoingContext(ctx, "guestright-check-key", checkKey)} {
		if _, err := client.Check(in, question("GET", "/a/x", fronttest.Host, header())); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	big := question("GET", "/a/x", fronttest.Host, header("x-big", strings.Repeat("x", 40<<10)))
	if res, err := client.Check(ctx, big); err != nil || res.GetDeniedResponse().GetStatus().GetCode() != 431 {
		t.Errorf("H15: %v %v", res, err)
	}
	if _, err := client.Check(ctx, question("GET", "/a/x", fronttest.Host, header("x-big", strings.Repeat("x", 300<<10)))); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("beyond the message size: %v", err)
	}
}
