package pennant_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/example/pennant"
)

const turnedOn = "proj/web-shop:env/staging:flag/one-page-checkout"

func TestChangesLeaveEvents(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.want(h.call("PATCH", stagingCheckout, `{"on":true}`), http.StatusOK)
	h.want(h.call("PATCH", stagingCheckout, `{"fallthrough":1}`), http.StatusOK)
	h.want(h.call("PATCH", stagingCheckout, `{"on":false}`), http.StatusOK)
	h.want(h.call("PATCH", stagingCheckout, `{"fallthrough":9}`), http.StatusUnprocessableEntity)
	var out struct{ Items []pennant.Event }
	h.want(h.call("GET", "/events?resource="+turnedOn, ""), http.StatusOK).into(t, &out)
	var kinds []string
	for _, e := range out.Items {
		kinds = append(kinds, e.Type)
	}
	if got := strings.Join(kinds, " "); got != "flag.turned_on flag.targeting_updated flag.turned_off" {
		t.Fatalf("recorded %s", got)
	}
	first := out.Items[0]
	want := pennant.Actor{Kind: "integration", Key: "usr-idris", Name: "Idris Vane", Application: "app_1", Installation: "ins_1", Decision: "dec_9"}
	if first.Actor != want || first.Resource != turnedOn || !first.At.Equal(moment) {
		t.Errorf("%+v", first)
	}
	var before, after pennant.FlagState
	if err := json.Unmarshal(first.Before, &before); err != nil || before.On {
		t.Errorf("before: %v %s", err, first.Before)
	}
	if err := json.Unmarshal(first.After, &after); err != nil || !after.On {
		t.Errorf("after: %v %s", err, first.After)
	}
	h.want(h.call("GET", "/events?resource=proj/web-shop:env/staging", ""), http.StatusOK).into(t, &out)
	if len(out.Items) < 4 {
		t.Errorf("%d events below the environment", len(out.Items))
	}
	h.want(h.call("GET", "/events?type=flag.turned_off", ""), http.StatusOK).into(t, &out)
	if len(out.Items) != 1 {
		t.Errorf("%d events of one type", len(out.Items))
	}
}

// listen opens a stream and answers its lines.
func (h *house) listen(ctx context.Context, query, last string) (*bufio.Scanner, func()) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.web.URL+"/api/v1/accounts/harbour-books/stream"+query, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set(identity.Header, h.signer.Sign(caller(pennant.HarbourBooks)))
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := h.web.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		h.t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	return bufio.NewScanner(res.Body), func() { _ = res.Body.Close() }
}

// next reads the stream up to the next event and answers its id and type.
func next(t *testing.T, s *bufio.Scanner) (id, kind string) {
	t.Helper()
	for s.Scan() {
		line := s.Text()
		switch {
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case strings.HasPrefix(line, "event: "):
			kind = line[7:]
		case strings.HasPrefix(line, "data: "):
			var e pennant.Event
			if err := json.Unmarshal([]byte(line[6:]), &e); err != nil || e.ID != id || e.Type != kind {
				t.Errorf("%v: %s", err, line)
			}
		case line == "" && id != "":
			return id, kind
		}
	}
	t.Fatal("the stream ended")
	return "", ""
}

func TestStreamFollowsChanges(t *testing.T) {
	t.Parallel()
	h := start(t)
	all, stopAll := h.listen(t.Context(), "", "")
	defer stopAll()
	projects, stopProjects := h.listen(t.Context(), "?type=project.created", "")
	defer stopProjects()
	clinic := "/api/v1/accounts/" + pennant.AlderClinic + "/projects"
	h.want(h.callAs(h.signer.Sign(caller(pennant.AlderClinic)), "POST", clinic, []string{`Body: {"key":"elsewhere","name":"Elsewhere"}`}), http.StatusCreated)
	h.want(h.call("PATCH", stagingCheckout, `{"on":true}`), http.StatusOK)
	h.want(h.call("POST", "/projects", `{"key":"gift-cards","name":"Gift cards"}`), http.StatusCreated)
	first, kind := next(t, all)
	if kind != "flag.turned_on" {
		t.Errorf("first came %s", kind)
	}
	second, kind := next(t, all)
	if kind != "project.created" {
		t.Errorf("then came %s", kind)
	}
	if id, kind := next(t, projects); id != second || kind != "project.created" {
		t.Errorf("filtered: %s %s", id, kind)
	}
	again, stopAgain := h.listen(t.Context(), "", first)
	defer stopAgain()
	if id, _ := next(t, again); id != second {
		t.Errorf("after %s came %s, want %s", first, id, second)
	}
	// From the start there are more events than are read at once or kept in memory anywhere.
	whole, stopWhole := h.listen(t.Context(), "", "0")
	defer stopWhole()
	for id := ""; id != second; {
		id, _ = next(t, whole)
	}
	h.server.EndStreams()
	for all.Scan() {
		if strings.HasPrefix(all.Text(), "id: ") {
			t.Errorf("after the end: %s", all.Text())
		}
	}
}

func TestStreamRefusesForgedPosition(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, last := range []string{"x", "-1", "1e9"} {
		h.want(h.call("GET", "/stream", "", "Last-Event-ID: "+last), http.StatusBadRequest)
	}
}
