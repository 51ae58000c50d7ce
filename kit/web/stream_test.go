package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

func TestStreams(t *testing.T) {
	t.Parallel()
	api := web.New(web.Config{Title: "T", Version: "1"})
	type in struct {
		Fail int `query:"fail" doc:"Bytes after which writing fails; 0: never."`
	}
	web.Op(api, web.Operation{ID: "export", Method: "GET", Path: "/v1/export", Summary: "Export"},
		func(_ context.Context, in *in) (*web.Stream, error) {
			return web.StreamAs("text/csv", "all.csv", func(_ context.Context, w io.Writer) error {
				if in.Fail > 0 {
					_, _ = io.WriteString(w, strings.Repeat("x", in.Fail))
					return problem.Unavailable("down", "Down.", errors.New("cut"))
				}
				_, err := io.WriteString(w, "a,b\n")
				return err
			}), nil
		})
	h := web.NewDoor(web.DoorConfig{}, api)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/v1/export", nil)
	r.Header.Set("Accept", "text/csv")
	h.ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != "a,b\n" || w.Header().Get("Content-Type") != "text/csv" || !strings.Contains(w.Header().Get("Content-Disposition"), "all.csv") {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	if w := get(h, "/v1/export?fail=10", ""); w.Code != 503 || codeOf(t, w) != "down" || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("an early failure: %d %s %v", w.Code, w.Body, w.Header())
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	res, err := http.Get(srv.URL + "/v1/export?fail=100000")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("a late failure looks like a complete answer")
	}
}
