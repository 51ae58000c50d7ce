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

func TestStreamsAreWholeOrCut(t *testing.T) {
	t.Parallel()
	api := web.New(web.Config{Title: "t", Version: "1"})
	type in struct {
		Bytes int  `query:"bytes"`
		Fail  bool `query:"fail"`
	}
	web.Op(api, web.Operation{ID: "stream", Method: "GET", Path: "/v1/stream", Summary: "x"}, func(_ context.Context, q *in) (*web.Stream, error) {
		return web.StreamAs("text/csv", "x.csv", func(_ context.Context, w io.Writer) error {
			if _, err := io.WriteString(w, strings.Repeat("a", q.Bytes)); err != nil {
				return err
			}
			if q.Fail {
				return problem.Forbidden("forbidden", "No.")
			}
			return nil
		}), nil
	})
	server := httptest.NewServer(web.NewDoor(web.DoorConfig{}, api))
	defer server.Close()
	get := func(query string) (*http.Response, int, error) {
		t.Helper()
		res, err := http.Get(server.URL + "/v1/stream?" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		return res, len(b), err
	}
	for _, n := range []string{"0", "10", "100000"} {
		res, _, err := get("bytes=" + n)
		if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/csv" || res.Header.Get("Content-Disposition") != `attachment; filename="x.csv"` {
			t.Errorf("%s bytes: %d %v %v", n, res.StatusCode, res.Header, err)
		}
	}
	if res, _, err := get("bytes=10&fail=true"); err != nil || res.StatusCode != 403 || res.Header.Get("Content-Disposition") != "" {
		t.Errorf("early failure: %d %v", res.StatusCode, err)
	}
	if _, n, err := get("bytes=100000&fail=true"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("late failure: %d bytes, %v", n, err)
	}
}
