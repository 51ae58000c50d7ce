package oauth_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

const parallel = 20

// each runs a test on SQLite and, where there is one, on PostgreSQL.
func each(t *testing.T, change func(*server.Config), test func(*testing.T, *house)) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		o := options{change: change, real: true} // which request was first is a matter of the clock
		o.Options = servertest.Options{DB: open(nil)}
		test(t, newHouse(t, o))
	})
}

// together sends the same form many times so that every request has arrived, and
// the server waits for the last byte of each, before any is served.
func (h *house) together(form url.Values) []map[string]any {
	h.T.Helper()
	body := form.Encode()
	host := strings.TrimPrefix(h.URL, "http://")
	head := fmt.Sprintf("POST /oauth/token HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\nAuthorization: %s\r\n\r\n",
		host, len(body), basic(h.key.ClientID, h.key.Secret))
	conns, readers := make([]net.Conn, parallel), make([]*bufio.Reader, parallel)
	for i := range conns {
		conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(h.T.Context(), "tcp", host)
		h.ok(err)
		defer func() { _ = conn.Close() }()
		h.ok(conn.SetDeadline(time.Now().Add(time.Minute)))
		_, err = io.WriteString(conn, head)
		h.ok(err)
		conns[i], readers[i] = conn, bufio.NewReader(conn)
	}
	for _, r := range readers { // the handler reads the body: the request has arrived
		line, err := r.ReadString('\n')
		h.ok(err)
		if !strings.Contains(line, "100 Continue") {
			h.T.Fatalf("%s", line)
		}
		_, err = r.ReadString('\n')
		h.ok(err)
	}
	out := make([]map[string]any, parallel)
	var all sync.WaitGroup
	for i := range conns {
		all.Go(func() {
			if _, err := io.WriteString(conns[i], body); err != nil {
				h.T.Error(err)
				return
			}
			res, err := http.ReadResponse(readers[i], nil)
			if err != nil {
				h.T.Error(err)
				return
			}
			defer func() { _ = res.Body.Close() }()
			out[i] = map[string]any{}
			if err := json.NewDecoder(res.Body).Decode(&out[i]); err != nil {
				h.T.Error(err)
			}
		})
	}
	all.Wait()
	return out
}

func basic(id string, s secret.Text) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, s.Reveal())
	return r.Header.Get("Authorization")
}

// won splits answers into those that brought tokens; the others must all say
// invalid_grant.
func won(t *testing.T, answers []map[string]any) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, a := range answers {
		switch {
		case text(a, "access_token") != "":
			out = append(out, a)
		case text(a, "error") != "invalid_grant":
			t.Errorf("%v", a)
		}
	}
	return out
}

// families counts the lines of refresh tokens that live.
func (h *house) families() int {
	h.T.Helper()
	var n int
	h.ok(h.DB.Read(h.T.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT count(*) FROM authorization_family WHERE state = 'live'").Scan(tx.Ctx, &n)
	}))
	return n
}

// O-13: of 20 parallel redemptions of one code one succeeds, and its tokens live.
func TestO13_ParallelRedemption(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, h *house) {
		c, verifier := h.config("flags.read", "flags.write"), oauth2.GenerateVerifier()
		got := won(t, h.together(url.Values{"grant_type": {"authorization_code"}, "code": {h.code(c, verifier)}, "redirect_uri": {callback}, "code_verifier": {verifier}}))
		if len(got) != 1 || h.families() != 1 || !h.works(text(got[0], "access_token")) {
			t.Fatalf("%d succeeded, %d lines", len(got), h.families())
		}
		if status, out := h.refresh(text(got[0], "refresh_token")); status != http.StatusOK {
			t.Errorf("the winner's refresh: %d %v", status, out)
		}
	})
}

// O-23: of 20 parallel refreshes without a grace time one succeeds.
func TestO23_ParallelRefreshWithoutGrace(t *testing.T) {
	t.Parallel()
	each(t, func(c *server.Config) { c.Tokens.Grace = 0 }, func(t *testing.T, h *house) {
		first := h.token(h.config("flags.read", "flags.write"))
		got := won(t, h.together(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}}))
		if len(got) != 1 || h.families() != 1 || !h.works(text(got[0], "access_token")) {
			t.Fatalf("%d succeeded, %d lines", len(got), h.families())
		}
		if status, _ := h.refresh(first.RefreshToken); status != http.StatusBadRequest || h.families() != 0 {
			t.Errorf("a later use: %d, %d lines", status, h.families())
		}
	})
}

// H19: within the grace time all get the same successor.
func TestH19_ParallelRefreshWithGrace(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, h *house) {
		first := h.token(h.config("flags.read", "flags.write"))
		got := won(t, h.together(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}}))
		if len(got) != parallel || h.families() != 1 {
			t.Fatalf("%d succeeded, %d lines", len(got), h.families())
		}
		next := text(got[0], "refresh_token")
		for _, a := range got {
			if text(a, "refresh_token") != next || !h.works(text(a, "access_token")) {
				t.Fatalf("two successors, or one that does not work: %v", a)
			}
		}
		if status, out := h.refresh(next); status != http.StatusOK {
			t.Errorf("the successor: %d %v", status, out)
		}
	})
}
