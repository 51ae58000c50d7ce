package event_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// told is one message of a stream.
type told struct{ id, kind, data string }

// follow opens a stream and gives its messages until it ends; cut ends it.
func (h *house) follow(token, query, last string) (<-chan told, func()) {
	h.T.Helper()
	ctx, cancel := context.WithCancel(h.T.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/v1/events/stream"+query, nil)
	if err != nil {
		h.T.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := h.Client.Do(r)
	if err != nil {
		h.T.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" {
		body, _ := io.ReadAll(res.Body)
		h.T.Fatalf("%d %v %s", res.StatusCode, res.Header, body)
	}
	out := make(chan told)
	go func() {
		defer close(out)
		defer func() { _ = res.Body.Close() }()
		var m told
		var lines []string
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			name, value, _ := strings.Cut(s.Text(), ": ")
			switch name {
			case "id":
				m.id = value
			case "event":
				m.kind = value
			case "data":
				lines = append(lines, value)
			case "":
				if len(lines) > 0 {
					m.data = strings.Join(lines, "\n")
					select {
					case out <- m:
					case <-ctx.Done():
						return
					}
				}
				m, lines = told{}, nil
			}
		}
	}()
	return out, cancel
}

// A stream that breaks and is taken up again, in the middle of what is being
// published, gives every event once, in order, with the bytes of the envelope.
func TestStreamsLoseNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		admin, acc := h.Customer("harbour", account.Production)
		h.Customer("alder", account.Production)
		dev, team := h.Developer("dev@example.com")
		app, key := h.Release(dev, team, "flags.read")
		h.Install(admin, acc, app)
		token := h.Token(key, "")
		const many = 300
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range many {
				kind, to := "flag.counted", "harbour"
				switch i % 5 {
				case 3:
					kind = "member.invited" // beyond the scopes
				case 4:
					to = "alder"
				}
				body := fmt.Sprintf(`{"type":%q,"version":1,"account_key":%q,"subject":"proj/web:flag/x","data":{"count":%d,`+"\r\n"+`"x":"é"}}`, kind, to, i)
				if kind == "member.invited" {
					body = strings.Replace(body, `"version":1,`, "", 1)
				}
				if a := h.send("application/json", body); a.Status != http.StatusAccepted {
					t.Errorf("%d %s", a.Status, a.Body)
					return
				}
			}
		}()
		var got []told
		last, want := "", many*3/5
		for n := 7; len(got) < want; n += 13 { // each time a little longer
			messages, cut := h.follow(token, "?types=flag.*", last)
			for range n {
				m, ok := <-messages
				if !ok {
					t.Fatalf("ended after %d", len(got))
				}
				got, last = append(got, m), m.id
				if len(got) == want {
					break
				}
			}
			cut()
		}
		<-done
		read := h.read(token, "?types=flag.*&limit=500")
		if len(read.Items) != want {
			t.Fatalf("%d", len(read.Items))
		}
		for i, e := range read.Items {
			if got[i].id != fmt.Sprint(e.Sequence) || !strings.Contains(got[i].data, `"id":"`+e.ID+`"`) || got[i].kind != "" {
				t.Fatalf("%d: %+v is not %+v", i, got[i], e)
			}
		}
	})
}

// A stream ends with the token's grant and says why, and refuses what reading
// refuses.
func TestStreamsEndWithTheGrant(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	admin, acc := h.Customer("harbour", account.Production)
	h.Customer("alder", account.Production)
	dev, team := h.Developer("dev@example.com")
	app, key := h.Release(dev, team, "flags.read")
	ins := h.Install(admin, acc, app)
	token := h.Token(key, "")
	if a := h.get(token, "/stream?account=alder"); a.Status != http.StatusNotFound {
		t.Errorf("another account's: %d %s", a.Status, a.Body)
	}
	if a := h.get("grat_nonsense", "/stream"); a.Status != http.StatusUnauthorized {
		t.Errorf("nobody's: %d %s", a.Status, a.Body)
	}
	var open []func()
	for range 9 {
		_, cut := h.follow(token, "", "")
		open = append(open, cut)
	}
	messages, _ := h.follow(token, "?types=flag.*", "")
	if a := h.get(token, "/stream"); a.Code() != "event_streams" || a.Status != http.StatusTooManyRequests {
		t.Errorf("the eleventh: %d %s", a.Status, a.Body)
	}
	for _, cut := range open {
		cut()
	}
	h.accepted("application/json", `{"type":"flag.counted","version":1,"account_key":"harbour","subject":"proj/web:flag/x","data":{"count":1}}`)
	if m := <-messages; !strings.Contains(m.data, "flag.counted") {
		t.Errorf("%+v", m)
	}
	if _, err := h.Integrations.Remove(t.Context(), admin, ins.ID, "not needed"); err != nil {
		t.Fatal(err)
	}
	if m := <-messages; m.kind != "end" || !strings.Contains(m.data, `{"code":"`) {
		t.Errorf("%+v", m)
	}
	if m, more := <-messages; more {
		t.Errorf("it goes on: %+v", m)
	}
}

// A server that stops ends its streams at once; readers go on elsewhere.
func TestStreamsEndWithTheServer(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	admin, acc := h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	app, key := h.Release(dev, team, "flags.read")
	h.Install(admin, acc, app)
	messages, _ := h.follow(h.Token(key, ""), "?types=flag.*", "")
	h.Stop()
	if m, more := <-messages; more {
		t.Errorf("%+v", m)
	}
}
