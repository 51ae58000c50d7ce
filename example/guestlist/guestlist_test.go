package guestlist_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/example/guestlist"
)

// A guest is on the list once Guestright has taken it, and not before.
func TestGuestsAreToldFirst(t *testing.T) {
	t.Parallel()
	var got []string
	status := http.StatusNoContent
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "key-1" || r.URL.Path != "/hooks/membership/guest-list" {
			t.Errorf("%v %v %v", err, r.Header, r.URL)
		}
		got = append(got, string(raw))
		w.WriteHeader(status)
	}))
	defer srv.Close()
	l := &guestlist.List{Place: "reader-app", Hook: srv.URL + "/hooks/membership/guest-list", Key: "key-1"}
	if err := l.Put(t.Context(), "emil", true); err != nil || !slices.Equal(l.Guests(), []string{"emil"}) {
		t.Fatalf("%v %v", err, l.Guests())
	}
	var said struct {
		Place  string
		List   struct{ ID, Name string }
		Guests []struct {
			Name    string
			Invited bool
		}
	}
	if err := json.Unmarshal([]byte(got[0]), &said); err != nil || said.Place != "reader-app" || said.List.Name != guestlist.ListName || len(said.Guests) != 1 || !said.Guests[0].Invited {
		t.Errorf("%s %v", got[0], err)
	}
	status = http.StatusForbidden
	if err := l.Put(t.Context(), "ada", true); err == nil || len(l.Guests()) != 1 {
		t.Errorf("%v %v", err, l.Guests())
	}
	if err := l.Put(t.Context(), "emil", false); err == nil || len(l.Guests()) != 1 {
		t.Errorf("%v %v", err, l.Guests())
	}
	status = http.StatusOK
	if err := l.Put(t.Context(), "emil", false); err != nil || len(l.Guests()) != 0 {
		t.Errorf("%v %v", err, l.Guests())
	}
}

// The newest copy stays.
func TestCopiesAreNeverOlder(t *testing.T) {
	t.Parallel()
	l := &guestlist.List{Token: "theirs"}
	put := func(body, token string) int {
		r := httptest.NewRequest(http.MethodPut, "/copies/k1", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		l.Handler().ServeHTTP(w, r)
		return w.Code
	}
	for _, step := range []struct {
		body, token string
		code        int
		version     int64
	}{
		{`{"version":1,"data":{"a":1}}`, "other", 401, 0}, {`{"version":2,"data":{"a":2}}`, "theirs", 204, 2},
		{`{"version":1,"data":{"a":1}}`, "theirs", 204, 2}, {`{"version":`, "theirs", 400, 2}, {`{"version":3,"data":{"a":3}}`, "theirs", 204, 3},
	} {
		if code := put(step.body, step.token); code != step.code || l.Copies()["k1"].Version != step.version {
			t.Errorf("%v: %d %+v", step, code, l.Copies())
		}
	}
	if string(l.Copies()["k1"].Data) != `{"a":3}` {
		t.Errorf("%s", l.Copies()["k1"].Data)
	}
	files, err := guestlist.Package()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.Stat(files, "manifest.json"); err != nil {
		t.Error(err)
	}
}
