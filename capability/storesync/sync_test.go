package storesync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store/storetest"
)

// From the partner's call to the customer's Redis: whoever belongs stands there,
// whoever leaves does not, and a cohort that ends is gone.
func TestAStoreIsFilled(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		t := h.T
		h.batch("+ada +bob")
		c := h.filled(nil)
		h.has("guestright", "c1", "ada", "bob")
		h.batch("-ada +cem +dan@c2")
		h.has("guestright", "c1", "bob", "cem")
		h.has("guestright", "c2", "dan")
		var says struct {
			Version, Members int64
			Name             string
			SubjectKind      string `json:"subject_kind"`
		}
		h.Until("it is described", func() bool {
			text, _ := h.redis.HGet(t.Context(), "guestright:cohorts", subject+"c1").Result()
			return json.Unmarshal([]byte(text), &says) == nil && says.Version == 2
		})
		if says.Members != 2 || says.Name != "Night owls" || says.SubjectKind != "user" {
			t.Errorf("%+v", says)
		}
		h.batch("-dan@c2")
		h.has("guestright", "c2")
		if n, err := h.redis.Get(t.Context(), "guestright:synchronized_on").Int64(); err != nil || time.UnixMilli(n).Before(time.UnixMilli(1)) {
			t.Error(n, err)
		}
		h.Until("it is told", func() bool { return h.report(c).Successes > 0 })
		if r := h.report(c); r.State != "" || r.Failures != 0 {
			t.Errorf("%+v", r)
		}
		// Who fills goes away, and with it what was filled.
		if err := h.Configurations.Delete(t.Context(), h.Admin, h.source.ID); err != nil {
			t.Fatal(err)
		}
		h.Until("the cohorts are gone", func() bool {
			n, err := h.redis.HLen(t.Context(), "guestright:cohorts").Result()
			left, _ := h.redis.Keys(t.Context(), "guestright:{*").Result()
			return err == nil && n == 0 && len(left) == 0
		})
	})
}

// Many members go page by page, and a set that is written whole is never seen half.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	var all []string
	for i := range 2500 {
		all = append(all, fmt.Sprintf(`{"cohortId":"c1","cohortName":"Many","userId":"u%04d","value":true}`, i))
	}
	h.post(`{"environmentId":"e","batch":[` + strings.Join(all, ",") + `]}`)
	name := "guestright:{" + subject + "c1}:members"
	if err := h.redis.SAdd(t.Context(), name, "somebody who left long ago").Err(); err != nil {
		t.Fatal(err)
	}
	h.filled(nil)
	h.Until("all are there", func() bool {
		n, err := h.redis.SCard(t.Context(), name).Result()
		if err == nil && n != 1 && n != 2500 {
			t.Fatalf("seen with %d", n)
		}
		return n == 2500
	})
}

// A store that was away, or that has lost everything, is filled again.
func TestAStoreThatLosesEverything(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	h.batch("+ada")
	c := h.filled(nil)
	h.has("guestright", "c1", "ada")
	h.server.stop()
	h.batch("+bob")
	h.Until("it is told", func() bool { r := h.report(c); return r.State == "failing" && len(r.Errors) > 0 })
	if text := h.report(c).Errors[0].Text; !strings.Contains(text, "could not be reached") || strings.Contains(text, "127.0.0.1") {
		t.Error(text)
	}
	h.server.start()
	h.up()
	clock.Advance(6 * time.Minute)
	h.has("guestright", "c1", "ada", "bob")
	if err := h.redis.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Minute)
	h.has("guestright", "c1", "ada", "bob")
	h.Until("it is well", func() bool { return h.report(c).State == "" })
}

// What rests is not filled; switched on again it has what it missed, under the new
// prefix too.
func TestPrefixesAndRest(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	h.batch("+ada")
	c := h.filled(nil)
	h.has("guestright", "c1", "ada")
	off, on := false, true
	for _, sw := range []*bool{&off, &on} {
		if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: sw}); err != nil {
			t.Fatal(err)
		}
		h.batch("+bob")
	}
	h.has("guestright", "c1", "ada", "bob")
	choose := func(settings string) error {
		_, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Capabilities: map[string]configuration.Choice{storesync.Name: {Settings: json.RawMessage(settings)}}})
		return err
	}
	for _, bad := range []string{`{"prefix":"a b"}`, `{"prefix":"{x}"}`, `{"prefix":7}`, `{"other":1}`, `[]`} {
		if err := choose(bad); code(err) != "configuration_invalid" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := choose(`{"prefix":"shop:flags"}`); err != nil {
		t.Fatal(err)
	}
	h.has("shop:flags", "c1", "ada", "bob")
	// Two that would write over each other do not.
	other := h.filled(nil)
	h.has("guestright", "c1", "ada", "bob")
	h.Until("it is filled", func() bool { return h.report(other).Successes > 0 })
	if err := choose(`{}`); err != nil {
		t.Fatal(err)
	}
	h.Until("it is told", func() bool {
		r := h.report(c)
		return r.State == "failing" && strings.Contains(r.Errors[0].Text, "another prefix")
	})
	if r := h.report(other); r.State != "" {
		t.Errorf("%+v", r)
	}
}

// A store is tried before anything depends on it; what is wrong is said, and no
// secret with it.
func TestAStoreIsTried(t *testing.T) {
	t.Parallel()
	h := start(t, nil, storetest.NewClock())
	c := h.filled(nil)
	for name, one := range map[string]struct {
		values map[string]any
		want   string
	}{
		"right":          {nil, ""},
		"wrong password": {map[string]any{"password": "open barley"}, "WRONGPASS"},
		"no TLS":         {map[string]any{"tlsEnabled": false}, "encrypted"},
		"loopback":       {map[string]any{"host": "127.0.0.1"}, "address"},
		"low port":       {map[string]any{"port": "22"}, "port"},
		"nobody there":   {map[string]any{"port": "6390"}, "could not be reached"},
	} {
		values := map[string]any{"host": "redis.example.com", "port": "6380", "password": "open sesame", "tlsEnabled": true}
		maps.Copy(values, one.values)
		if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: values}); err != nil {
			t.Fatal(err)
		}
		got, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, storesync.Name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.OK != (one.want == "") || !strings.Contains(got.Failure, one.want) || strings.Contains(got.Failure, "barley") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if left, err := h.redis.Keys(t.Context(), "*test*").Result(); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
