package snapshotpush_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const production = "proj/web:env/production"

type house struct {
	*capabilitytest.House
	product access.Principal
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) house {
	t.Helper()
	h := house{House: capabilitytest.Start(t, db, clock)}
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "pushes")
	if err != nil {
		t.Fatal(err)
	}
	h.product, err = h.Products.Authenticate(t.Context(), key.Secret.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h house) put(version int64, data string) snapshotpush.Taken {
	h.T.Helper()
	got, err := h.Snapshots.Put(h.T.Context(), h.product, snapshotpush.Draft{Account: "harbour", Resource: production, Scope: "env-7", Version: version, Data: json.RawMessage(data)})
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

func (h house) target(c configuration.Configuration, values map[string]any) snapshotpush.Target {
	h.T.Helper()
	got, err := h.Snapshots.Create(h.T.Context(), h.Admin, c.ID.String(), snapshotpush.Choice{Resource: production, Values: values})
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

func (h house) get(t snapshotpush.Target) snapshotpush.Target {
	h.T.Helper()
	got, err := h.Snapshots.Get(h.T.Context(), h.Admin, t.ID)
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

// becomes waits until a target is in a state.
func (h house) becomes(t snapshotpush.Target, s snapshotpush.Status) snapshotpush.Target {
	h.T.Helper()
	var got snapshotpush.Target
	h.Until("target "+string(s), func() bool {
		got = h.get(t)
		return got.Status == s
	})
	return got
}

// rests waits until the job of the only target has been put off, so that the clock may
// be moved.
func (h house) rests(clock *storetest.Clock) {
	h.T.Helper()
	h.Until("the job rests", func() bool {
		n := 0
		err := h.DB.Read(h.T.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM job AS j, job_lane AS l WHERE j.kind = 'snapshotpush.push' AND l.kind = j.kind AND l.name = j.lane AND l.holder = '' AND j.due > ? AND l.due = j.due", store.At(clock.Now())).Scan(tx.Ctx, &n)
		})
		if err != nil {
			h.T.Fatal(err)
		}
		return n == 1
	})
}

var filled = map[string]map[string]any{
	"cloudflare":            {"accountId": "acc1", "namespaceId": "ns1", "apiToken": "cf-token-4711"},
	"vercel":                {"edgeConfigId": "ecfg1", "teamId": "team1", "apiToken": "vc-token-4711", "configurationId": "icfg1"},
	"akamai-edgeworkers":    {"hostname": "edge.luna.akamaiapis.net", "network": "staging", "namespaceId": "ns", "groupId": "12", "clientSecret": "ak-secret", "clientToken": "ak-client", "accessToken": "ak-access"},
	"generic-feature-store": {"validationReqUrl": "https://store.example.com/check", "featureStoreReqUrl": "https://store.example.com/put"},
}

// Published integrations get what the product gave, as they ask for it: method,
// address, headers and every byte.
func TestPublishedStoresGetTheData(t *testing.T) {
	t.Parallel()
	const data = `{"flags": {"a/b": true},  "n":1e2, "ü":"\u00e9<"}`
	want := map[string]struct{ method, address, body, authorization, kind string }{
		"cloudflare": {"PUT", "api.cloudflare.com/client/v4/accounts/acc1/storage/kv/namespaces/ns1/values/snapshot-env-7", data, "Bearer cf-token-4711", "text/plain"},
		"vercel": {"PATCH", "api.vercel.com/v1/edge-config/ecfg1/items?teamId=team1", `{"items": [{"operation": "upsert", "key": "LD-Env-env-7", "value": ` + data + `}]}`,
			"Bearer vc-token-4711", "application/json"},
		"akamai-edgeworkers":    {"PUT", "edge.luna.akamaiapis.net/edgekv/v1/networks/staging/namespaces/ns/groups/12/items/snapshot-env-7", data, "", "text/plain"},
		"generic-feature-store": {"POST", "store.example.com/put?_featureStoreKey=snapshot-env-7", data, "", "text/plain"},
	}
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.put(3, data)
		for key, w := range want {
			c := h.Configure(h.Published(key), nil)
			made := h.target(c, filled[key])
			r := h.Next(t)
			if r.Method != w.method || r.Host+r.URI != w.address || string(r.Body) != w.body || r.Header.Get("Content-Type") != w.kind {
				t.Errorf("%s: %s %s%s %s\n%s", key, r.Method, r.Host, r.URI, r.Header, r.Body)
			}
			if got := r.Header.Get("Authorization"); key == "akamai-edgeworkers" && !edgeGrid(got, r) || key != "akamai-edgeworkers" && got != w.authorization {
				t.Errorf("%s: %s", key, got)
			}
			now := h.becomes(made, snapshotpush.Current)
			if *now.Version != 3 || now.Successes != 1 || now.Failures != 0 || !now.Pushed.Equal(clock.Now()) {
				t.Errorf("%s: %+v", key, now)
			}
			for name := range now.Values {
				if strings.Contains(name, "oken") && now.Values[name] != configuration.Mask || strings.Contains(name, "ecret") && now.Values[name] != configuration.Mask {
					t.Errorf("%s shows %s: %v", key, name, now.Values[name])
				}
			}
			got, err := h.Configurations.Get(t.Context(), h.Admin, c.ID)
			if err != nil || got.Capabilities[0].Report == nil || got.Capabilities[0].Report.Version != "3" || got.Capabilities[0].Report.Successes != 1 {
				t.Errorf("%s: %+v %v", key, got, err)
			}
		}
		if got := h.put(4, `{"flags":{}}`); !got.Kept || got.Targets != 4 {
			t.Errorf("%+v", got)
		}
		for range want {
			if r := h.Next(t); !strings.Contains(string(r.Body), `{"flags":{}}`) {
				t.Errorf("%s", r.Body)
			}
		}
		for _, v := range []int64{4, 2} { // told again, and overtaken
			if got := h.put(v, `{"flags":{}}`); got.Kept || got.Version != 4 {
				t.Errorf("%+v", got)
			}
		}
		h.Quiet(t)
	})
}

// edgeGrid recomputes the signature of Akamai's EdgeGrid as its documents say.
func edgeGrid(header string, r capabilitytest.Received) bool {
	unsigned, signature, ok := strings.Cut(strings.TrimPrefix(header, "EG1-HMAC-SHA256 "), "signature=")
	fields := map[string]string{}
	for part := range strings.SplitSeq(unsigned, ";") {
		k, v, _ := strings.Cut(part, "=")
		fields[k] = v
	}
	mac := func(key, data string) string {
		m := hmac.New(sha256.New, []byte(key))
		m.Write([]byte(data))
		return base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	hash := ""
	if r.Method == http.MethodPost {
		sum := sha256.Sum256(r.Body)
		hash = base64.StdEncoding.EncodeToString(sum[:])
	}
	data := strings.Join([]string{r.Method, "https", r.Host, r.URI, "", hash, "EG1-HMAC-SHA256 " + unsigned}, "\t")
	return ok && fields["client_token"] == "ak-client" && fields["access_token"] == "ak-access" && signature == mac(mac("ak-secret", fields["timestamp"]), data)
}

// A store that does not take it gets it again, later and later, and then the newest
// only; what came meanwhile is not sent one by one.
func TestOnlyTheNewestIsTriedAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.put(1, `1`)
		c := h.Configure(h.Published("generic-feature-store"), nil)
		h.Answers(500, `{"why":"down"}`)
		made := h.target(c, filled["generic-feature-store"])
		h.Next(t)
		was := h.becomes(made, snapshotpush.Failing)
		for n := int64(2); n < 6; n++ {
			h.put(n, `"`+strings.Repeat("x", int(n))+`"`)
		}
		var waits []time.Duration
		for range 3 {
			h.rests(clock)
			waits = append(waits, was.Next.Sub(clock.Now()))
			clock.Advance(was.Next.Sub(clock.Now()))
			if r := h.Next(t); string(r.Body) != `"xxxxx"` {
				t.Errorf("%s", r.Body)
			}
			failures := was.Failures
			h.Until("noted", func() bool { was = h.get(made); return was.Failures > failures })
		}
		if waits[0] < 5*time.Second || waits[0] > 7*time.Second || waits[1] < 10*time.Second || waits[2] < 20*time.Second || waits[2] > 26*time.Second {
			t.Errorf("%v", waits)
		}
		if was.Errors[0].Status != 500 || was.Errors[0].Text != "" || len(was.Errors) != 4 || was.Version != nil {
			t.Errorf("%+v", was)
		}
		h.Answers(200, "{}")
		h.rests(clock)
		clock.Advance(time.Minute)
		h.Next(t)
		if now := h.becomes(made, snapshotpush.Current); *now.Version != 5 || now.Failures != 4 || !now.Next.IsZero() {
			t.Errorf("%+v", now)
		}
		h.Quiet(t)
	})
}

// What comes while a push is under way goes in one more push, however much it is.
func TestPushesAreCoalesced(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	h.put(1, `1`)
	c := h.Configure(h.Published("generic-feature-store"), nil)
	begun, finish := make(chan struct{}), make(chan struct{})
	first := true
	h.Handle(func(w http.ResponseWriter, _ capabilitytest.Received) {
		if first {
			first = false
			close(begun)
			<-finish
		}
		w.WriteHeader(http.StatusNoContent)
	})
	made := h.target(c, filled["generic-feature-store"])
	<-begun
	for n := int64(2); n < 30; n++ {
		h.put(n, `[2]`)
	}
	h.put(30, `[30]`)
	close(finish)
	if r := h.Next(t); string(r.Body) != `1` {
		t.Errorf("%s", r.Body)
	}
	if r := h.Next(t); string(r.Body) != `[30]` {
		t.Errorf("%s", r.Body)
	}
	if now := h.becomes(made, snapshotpush.Current); *now.Version != 30 || now.Successes != 2 {
		t.Errorf("%+v", now)
	}
	h.Quiet(t)
}

// However a store fails, it is tried again: refused, limited, cut, redirected, slow.
func TestEveryFailureIsNoted(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	h.put(1, `1`)
	c := h.Configure(h.Published("generic-feature-store"), nil)
	status := func(code int, header ...string) func(http.ResponseWriter, capabilitytest.Received) {
		return func(w http.ResponseWriter, _ capabilitytest.Received) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	h.Handle(status(400))
	made := h.target(c, filled["generic-feature-store"])
	was := h.becomes(made, snapshotpush.Failing)
	for name, one := range map[string]struct {
		handle func(http.ResponseWriter, capabilitytest.Received)
		status int
		text   string
		least  time.Duration
	}{
		"refused":    {status(403), 403, "", 0},
		"limited":    {status(429, "Retry-After", "7200"), 429, "", 2 * time.Hour},
		"redirected": {status(307, "Location", "https://elsewhere.example.com/"), 307, "", 0},
		"cut":        {func(http.ResponseWriter, capabilitytest.Received) { panic(http.ErrAbortHandler) }, 0, "connection", 0},
	} {
		h.Handle(one.handle)
		failures := was.Failures
		if _, err := h.Snapshots.Push(t.Context(), h.Admin, made.ID); err != nil {
			t.Fatal(err)
		}
		h.Until(name, func() bool { was = h.get(made); return was.Failures > failures })
		if was.Errors[0].Status != one.status || was.Errors[0].Text != one.text || was.Next.Sub(clock.Now()) < one.least {
			t.Errorf("%s: %+v", name, was)
		}
	}
	// A body without end and words that are no JSON: the status says it.
	h.Answers(200, strings.Repeat("x", 1<<20))
	if _, err := h.Snapshots.Push(t.Context(), h.Admin, made.ID); err != nil {
		t.Fatal(err)
	}
	h.becomes(made, snapshotpush.Current)
}
