package server_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/token"
)

// history is what clients did at the same time, with what each was told.
type history struct {
	begun time.Time
	mu    sync.Mutex
	all   []porcupine.Operation
}

func (h *history) do(client int, in any, f func() any) any {
	call := time.Since(h.begun).Nanoseconds()
	out := f()
	back := time.Since(h.begun).Nanoseconds()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: back})
	return out
}

// holds fails unless some order of the operations, one after the other, explains
// what everybody was told.
func (h *history) holds(t *testing.T, m porcupine.Model) {
	t.Helper()
	if got := porcupine.CheckOperationsTimeout(m, h.all, time.Minute); got != porcupine.Ok {
		t.Errorf("%d operations: %s: no order explains the answers", len(h.all), got)
	}
}

// rotation is one of two things that clients do with a token: give it a successor
// at once, or call with one of its generations.
type rotation struct {
	rotate     bool
	generation int
}

// a token is rotated again and again while others call with all of its
// generations. At every moment exactly one generation opens anything.
func TestX01_RotateVersusUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		rotateVersusUse(t, servertest.Start(t, servertest.Options{DB: open(nil)}))
	})
}

func rotateVersusUse(t *testing.T, h *servertest.House) {
	admin, acc := h.Customer(pennant.HarbourBooks, account.Production)
	if err := h.Quota.SetPlans([]quota.Plan{{Name: "development", Label: "Development", Sites: 5, Limits: []quota.Limit{{Name: "burst", Calls: 1_000_000, Per: 10 * time.Second}}}}); err != nil {
		t.Fatal(err)
	}
	first, raw := privately(t, h, admin, acc, private.Draft{Scopes: []string{"projects.read"}})
	var generations sync.Map // number → secret
	generations.Store(0, raw)
	var latest, done atomic.Int64
	past := &history{begun: time.Now()}
	var wg sync.WaitGroup
	const rotations = 25
	wg.Go(func() {
		defer done.Store(1)
		id := first.Token.ID
		for i := range rotations {
			past.do(0, rotation{true, i}, func() any {
				next, err := h.Tokens.Rotate(t.Context(), admin, id, token.Rotation{Reason: "trial"})
				if err != nil {
					t.Error(err)
					return false
				}
				id = next.ID
				generations.Store(i+1, next.Secret.Reveal())
				return true
			})
			latest.Store(int64(i + 1))
		}
	})
	for client := 1; client <= 6; client++ {
		wg.Go(func() {
			for n := 0; done.Load() == 0 || n%4 != 0; n++ {
				g := max(int(latest.Load())-n%2, 0)
				raw, _ := generations.Load(g)
				past.do(client, rotation{false, g}, func() any {
					a := h.Call(raw.(string), http.MethodGet, "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", nil) //nolint:errcheck // stored above
					if a.Status != http.StatusOK && a.Status != http.StatusUnauthorized {
						t.Errorf("%d %s", a.Status, a.Body)
					}
					return a.Status == http.StatusOK
				})
			}
		})
	}
	wg.Wait()
	past.holds(t, porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, in, out any) (bool, any) {
			live, ok := state.(int)
			op, isOp := in.(rotation)
			passed, isBool := out.(bool)
			switch {
			case !ok || !isOp || !isBool:
				return false, state
			case op.rotate:
				return passed && live == op.generation, live + 1
			}
			return passed == (live == op.generation), state
		},
	})
	t.Logf("%d operations", len(past.all))
}

// eight clients spend one limit. Exactly as many calls pass as it allows,
// and nobody passes after somebody was refused.
func TestX05_EightClientsSpendOneLimit(t *testing.T) {
	t.Parallel()
	const limit = 120
	h := servertest.Start(t, servertest.Options{Clock: storetest.NewClock()})
	if err := h.Quota.SetPlans([]quota.Plan{{Name: "development", Label: "Development", Sites: 5, Limits: []quota.Limit{{Name: "day", Calls: limit, Per: 24 * time.Hour}}}}); err != nil {
		t.Fatal(err)
	}
	dev, team := h.Developer("dev@deploybot.example")
	admin, acc := h.Customer(pennant.HarbourBooks, account.Production)
	app, key := h.Release(dev, team, "projects.read")
	h.Install(admin, acc, app)
	raw := h.Token(key, acc.Key)
	past := &history{begun: time.Now()}
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			for range 25 {
				past.do(client, nil, func() any {
					for {
						a := h.Call(raw, http.MethodGet, "/api/v1/accounts/"+pennant.HarbourBooks+"/projects", nil)
						if a.Code() == "quota_unavailable" {
							continue // a slow machine is still reading the limits: no answer yet
						}
						if a.Status != http.StatusOK && a.Status != http.StatusTooManyRequests && a.Code() != "identity_invalid" {
							t.Errorf("%d %s", a.Status, a.Body)
						}
						return a.Status != http.StatusTooManyRequests
					}
				})
			}
		})
	}
	wg.Wait()
	passed := 0
	for _, op := range past.all {
		if op.Output == true {
			passed++
		}
	}
	if passed != limit {
		t.Errorf("%d of 200 calls passed, the limit is %d", passed, limit)
	}
	past.holds(t, porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, _, out any) (bool, any) {
			spent, ok := state.(int)
			if !ok || (out == true) != (spent < limit) {
				return false, state
			}
			if out == true {
				spent++
			}
			return true, spent
		},
	})
}
