package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/web"
)

type position struct {
	At int    `json:"a"`
	ID string `json:"i"`
}

type listIn struct {
	web.PageQuery
	Kind string `query:"kind"`
}

// numbers is an API with two lists of 0..total-1.
func numbers(t testing.TB, total int) http.Handler {
	t.Helper()
	api := web.New(web.Config{Title: "Numbers", Version: "1", Keys: newKeys(t, 7),
		Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
			return context.WithValue(r.Context(), whoKey{}, r.Header.Get("X-Tenant")), nil
		},
		Caller: func(ctx context.Context) web.Caller {
			who, _ := ctx.Value(whoKey{}).(string)
			return web.Caller{Principal: "u", Tenant: who}
		}})
	list := func(ctx context.Context, in *listIn) (*web.PageOut[int], error) {
		at, ok, err := web.After[position](ctx, in.PageQuery)
		if err != nil {
			return nil, err
		}
		from := 0
		if ok {
			from = at.At + 1
		}
		var items []int
		for n := from; n < total && len(items) < in.Limit; n++ {
			items = append(items, n)
		}
		last := from + len(items) - 1
		return web.NewPage(ctx, items, position{At: last, ID: "x"}, last+1 < total)
	}
	web.Op(api, web.Operation{ID: "listA", Method: "GET", Path: "/v1/a", Summary: "A"}, list)
	web.Op(api, web.Operation{ID: "listB", Method: "GET", Path: "/v1/b", Summary: "B"}, list)
	return web.NewDoor(web.DoorConfig{}, api)
}

func get(h http.Handler, target, tenant string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("X-Tenant", tenant)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPagesFollowTheLink(t *testing.T) {
	t.Parallel()
	h := numbers(t, 120)
	target, seen, pages := "/v1/a?kind=x%26y", 0, 0
	for target != "" {
		w := get(h, target, "acc_1")
		var page web.Page[int]
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, n := range page.Items {
			if n != seen {
				t.Fatalf("got %d, want %d", n, seen)
			}
			seen++
		}
		pages++
		link := w.Header().Get("Link")
		if (link == "") != (page.Next == "") {
			t.Fatalf("link %q, next %q", link, page.Next)
		}
		target = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		if target != "" && !strings.Contains(target, "kind=x%26y") {
			t.Fatalf("the link lost a parameter: %s", target)
		}
	}
	if seen != 120 || pages != 3 {
		t.Errorf("%d items on %d pages", seen, pages)
	}
	if w := get(h, "/v1/a?limit=200", "acc_1"); w.Code != 200 {
		t.Error(w.Body)
	}
	if w := get(h, "/v1/a?limit=201", "acc_1"); w.Code != 422 {
		t.Error(w.Body)
	}
	if w := get(numbers(t, 0), "/v1/a", "acc_1"); !strings.HasPrefix(w.Body.String(), `{"items":[]}`) {
		t.Error(w.Body)
	}
}

// C-05: forged, truncated and foreign cursors are refused alike.
func TestCursorC05(t *testing.T) {
	t.Parallel()
	h := numbers(t, 120)
	var page web.Page[int]
	if err := json.Unmarshal(get(h, "/v1/a", "acc_1").Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	good := page.Next
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, target := range map[string][2]string{
		"truncated":      {"/v1/a?cursor=" + good[:len(good)-1], "acc_1"},
		"longer":         {"/v1/a?cursor=" + good + "A", "acc_1"},
		"flipped":        {"/v1/a?cursor=" + url.QueryEscape(string(flipped)), "acc_1"},
		"plain json":     {"/v1/a?cursor=eyJhIjo1fQ", "acc_1"},
		"sql":            {"/v1/a?cursor=" + url.QueryEscape("1' OR '1'='1"), "acc_1"},
		"other list":     {"/v1/b?cursor=" + good, "acc_1"},
		"other tenant":   {"/v1/a?cursor=" + good, "acc_2"},
		"other key ring": {"/v1/a?cursor=czE6MDAwMDAwMDA6QUFBQQ", "acc_1"},
	} {
		if w := get(h, target[0], target[1]); w.Code != 400 || codeOf(t, w) != "cursor_invalid" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := get(h, "/v1/a?cursor="+good, "acc_1"); w.Code != 200 {
		t.Errorf("good: %d %s", w.Code, w.Body)
	}
}

func FuzzCursor(f *testing.F) {
	h := numbers(f, 120)
	var page web.Page[int]
	if err := json.Unmarshal(get(h, "/v1/a", "acc_1").Body.Bytes(), &page); err != nil {
		f.Fatal(err)
	}
	f.Add(page.Next[:len(page.Next)-4]) // a whole one would open: every run has the same keys
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		if cursor == "" || cursor == page.Next {
			return
		}
		w := get(h, "/v1/a?cursor="+url.QueryEscape(cursor), "acc_1")
		if w.Code != 400 && w.Code != 422 {
			t.Fatalf("%q: %d", cursor, w.Code)
		}
	})
}
