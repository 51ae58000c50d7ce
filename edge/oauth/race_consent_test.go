package oauth_test

import (
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// an application is uninstalled and installed again while people let it act
// for them. Nobody's approval outlives the installation it was given under.
func TestX03_UninstallVersusApprove(t *testing.T) {
	t.Parallel()
	each(t, nil, uninstallVersusApprove)
}

func uninstallVersusApprove(t *testing.T, h *house) {
	people := []access.Principal{h.person, h.member("bo@harbour.example"), h.member("cy@harbour.example")}
	type op struct {
		what string // approve, uninstall, install, look
		who  int
	}
	type world struct {
		installed bool
		live      [3]bool // whose approval is in force
	}
	begun := time.Now()
	var mu sync.Mutex
	var past []porcupine.Operation
	do := func(client int, in op, f func() any) {
		call := time.Since(begun).Nanoseconds()
		out := f()
		back := time.Since(begun).Nanoseconds()
		mu.Lock()
		defer mu.Unlock()
		past = append(past, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: back})
	}
	const rounds = 12
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		id := h.ins.ID
		for range rounds {
			do(0, op{what: "uninstall"}, func() any {
				_, err := h.Integrations.Remove(t.Context(), h.admin, id, "trial")
				if err != nil {
					t.Error(err)
				}
				return err == nil
			})
			do(0, op{what: "install"}, func() any {
				i, err := h.Integrations.Install(t.Context(), h.admin, h.account.ID, integration.Order{ApplicationID: h.app.PublicID, Delegation: "consent"})
				if err != nil {
					t.Error(err)
				}
				id = i.ID
				return err == nil
			})
		}
	})
	for i, by := range people {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				do(i+1, op{"approve", i}, func() any {
					err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
						_, _, err := h.Consents.Approve(tx, by, consent.Choice{Application: h.app.ID.String(), Account: h.account.ID.String(), Scopes: []string{"flags.read", "flags.write"}, Redirect: callback})
						return err
					})
					if k := problem.Of(err); k != nil && k.Kind == problem.KindInternal {
						t.Error(err)
					}
					return err == nil
				})
			}
		})
	}
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			do(len(people)+1, op{what: "look"}, func() any {
				var live [3]bool
				all, err := h.Consents.ListOfAccount(t.Context(), h.admin, h.account.ID)
				if err != nil {
					t.Error(err)
				}
				for _, c := range all {
					for i, by := range people {
						live[i] = live[i] || c.User == by.User && c.State == consent.Active
					}
				}
				return live
			})
		}
	})
	wg.Wait()
	got := porcupine.CheckOperationsTimeout(porcupine.Model{
		Init: func() any { return world{installed: true} },
		Step: func(state, in, out any) (bool, any) {
			w, ok := state.(world)
			o, isOp := in.(op)
			if !ok || !isOp {
				return false, state
			}
			switch o.what {
			case "uninstall":
				return out == true && w.installed, world{}
			case "install":
				w.installed = true
				return out == true, w
			case "approve":
				if out != w.installed {
					return false, state
				}
				w.live[o.who] = w.live[o.who] || w.installed
				return true, w
			}
			return out == w.live, w
		},
	}, past, time.Minute)
	if got != porcupine.Ok {
		t.Errorf("%d operations: %s: no order explains the answers", len(past), got)
	}
	t.Logf("%d operations", len(past))
}
