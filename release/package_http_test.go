package release_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/release"
)

// door opens the API of the slice to the developer.
func (h *house) door() http.Handler {
	api := web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.ada), nil
	}})
	h.Mount(api)
	return web.NewDoor(web.DoorConfig{}, api)
}

func TestPackagesOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
	v, door := h.bare("1.0.0"), h.door()
	at := "/v1/versions/" + v.ID.String() + "/package"
	call := func(method, path string, body []byte, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w
	}
	says := func(w *httptest.ResponseRecorder, status int, code string) {
		t.Helper()
		var doc struct{ Code string }
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != status || doc.Code != code {
			t.Errorf("%d %s, want %d %s", w.Code, w.Body, status, code)
		}
	}
	zip := []string{"Content-Type", "application/zip"}
	says(call("GET", at, nil), 404, "not_found")
	says(call("GET", at+"/info", nil), 404, "not_found")
	says(call("DELETE", at, nil), 404, "not_found")
	says(call("PUT", at, []byte("hello"), zip...), 400, "package_unreadable")
	says(call("PUT", at, []byte("{}"), "Content-Type", "application/json"), 400, "package_unreadable")
	says(call("PUT", at, sample(t), "Content-Type", "text/html"), 415, "content_type_unsupported")
	says(call("PUT", at, make([]byte, bundle.ArchiveMost+1), zip...), 413, "body_too_large")
	says(call("PUT", at+"?key=A%20B", sample(t), zip...), 422, "package_invalid")
	refused := call("PUT", at, sample(t, `"POST"`, `"SHOUT"`), zip...)
	says(refused, 422, "package_invalid")
	if !strings.Contains(refused.Body.String(), `"/eventHooks/0/endpoint/method"`) {
		t.Error(refused.Body)
	}

	var info release.PackageInfo
	for _, kind := range []string{"application/octet-stream", "application/gzip", "application/x-tar", "application/zip"} {
		w := call("PUT", at+"?key=harbour", sample(t), "Content-Type", kind)
		if err := json.Unmarshal(w.Body.Bytes(), &info); err != nil || w.Code != 200 || info.Key != "harbour" || info.Findings == nil {
			t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
		}
	}
	got := call("GET", at, nil, "Accept", "application/zip")
	if got.Code != 200 || got.Header().Get("Content-Type") != "application/zip" || got.Header().Get("ETag") != `"`+info.Digest+`"` || int64(got.Body.Len()) != info.Size ||
		got.Header().Get("Content-Disposition") != `attachment; filename="harbour.zip"` || got.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	if b, found, err := bundle.Open(got.Body.Bytes()); err != nil || len(found) > 0 || len(b.Names()) != 6 {
		t.Error(b.Names(), found, err)
	}
	if same := call("GET", at, nil, "If-None-Match", got.Header().Get("ETag")); same.Code != 304 || same.Body.Len() > 0 {
		t.Errorf("%d %s", same.Code, same.Body)
	}
	if w := call("GET", at+"/info", nil); w.Code != 200 || !strings.Contains(w.Body.String(), `"capabilities":["eventHook"]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := call("DELETE", at, nil); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
