package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
)

// node is the house under test.
type node struct {
	*server.App
	accounts []string // the product's keys, one endpoint in each
	token    string   // of the product
	profile  *os.File // nil: none is written
}

// serve opens a house with endpoints and does what it is asked to, a line each:
//
//	enqueue N   publish N events in this process; seconds until all are recorded as delivered
//	settled     return once what filling the house has caused is over: its own events among others
//	mark        remember where the deliveries are
//	drained     seconds after the epoch at which the last of as many deliveries as events since mark was recorded, and how many
//	profile     begin to write the profile, if it was asked for
//	latency     p50 and p99 from accepted to delivered since mark, in milliseconds
func serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	to := flags.String("sink", "", "host:port")
	endpoints := flags.Int("endpoints", 1, "one in each of as many accounts")
	history := flags.Int("history", 0, "deliveries with their attempts that are there already")
	database := flags.String("database", "", "postgres://…; empty: a fresh SQLite file")
	profile := flags.String("cpuprofile", "", "file to write a profile of what it does from \"profile\" on to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "events-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg, err := house.Lay(ctx, dir, *database, map[string]string{"openapi.yaml": product, "catalog.yaml": catalog})
	if err != nil {
		return err
	}
	if cfg.Listen, err = free(); err != nil {
		return err
	}
	cfg.URL = "http://" + cfg.Listen
	at, err := netip.ParseAddrPort(*to)
	if err != nil {
		return err
	}
	client, err := outbound.NewDemo(nil, []netip.AddrPort{at})
	if err != nil {
		return err
	}
	app, err := server.Open(ctx, cfg, server.Options{Outbound: client})
	if err != nil {
		return err
	}
	defer app.Close()
	n := &node{App: app}
	if err := n.seed(ctx, *endpoints, "http://"+*to+"/hook"); err != nil {
		return err
	}
	if err := n.fill(ctx, *history); err != nil {
		return err
	}
	l, err := app.Listen(ctx)
	if err != nil {
		return err
	}
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		defer pprof.StopCPUProfile()
		n.profile = f
	}
	first, err := json.Marshal(ready{Listen: l.Public.Addr().String(), Token: n.token, Accounts: len(n.accounts)})
	if err != nil {
		return err
	}
	fmt.Println(string(first))
	go func() {
		if err := n.listen(ctx, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "events serve:", err)
		}
		stop()
	}()
	return app.Run(ctx, l, nil)
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// ready is what a house says first.
type ready struct {
	Listen, Token string
	Accounts      int // account-0 and so on
}

func (n *node) listen(ctx context.Context, from io.Reader) error {
	var mark int64
	for in := bufio.NewScanner(from); in.Scan(); {
		var what string
		var count int
		_, _ = fmt.Sscan(in.Text(), &what, &count) // most have no count
		var err error
		switch what {
		case "enqueue":
			begun := time.Now()
			if mark, err = n.last(ctx); err == nil {
				err = n.publish(ctx, count)
			}
			if err == nil {
				err = n.wait(ctx, mark, count)
			}
			fmt.Println(time.Since(begun).Seconds())
		case "settled":
			err = n.settled(ctx)
			fmt.Println("ok")
		case "mark":
			mark, err = n.last(ctx)
			fmt.Println("ok")
		case "drained":
			err = n.wait(ctx, mark, count)
			fmt.Println(float64(time.Now().UnixMicro()) / 1e6)
		case "profile":
			if n.profile != nil {
				err = pprof.StartCPUProfile(n.profile)
			}
			fmt.Println("ok")
		case "latency":
			var a, b float64
			a, b, err = n.latency(ctx, mark)
			fmt.Println(a, b)
		default:
			err = fmt.Errorf("%q is not understood", what)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// senders is how many publish at one time in the process, as many as it takes to
// keep it busy; connections is how many do over HTTP.
const (
	senders     = 1024
	connections = 256
)

func (n *node) publish(ctx context.Context, count int) error {
	var next atomic.Int64
	var work sync.WaitGroup
	failed := make(chan error, senders)
	for range senders {
		work.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				draft := event.Draft{Type: "item.changed", Account: n.accounts[int(i)%len(n.accounts)], Data: json.RawMessage(data)}
				if _, err := n.Events.Publish(ctx, access.System("bench"), []event.Draft{draft}, func(int) string { return "" }); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	work.Wait()
	close(failed)
	return <-failed
}

func (n *node) last(ctx context.Context) (int64, error) {
	var d int64
	err := n.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COALESCE(MAX(d), 0) FROM webhook_delivery").Scan(tx.Ctx, &d)
	})
	return d, err
}

// settled returns once the log has not grown for three seconds and nothing of it
// is on its way.
func (n *node) settled(ctx context.Context) error {
	var before int64 = -1
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for range 200 {
		var head, through int64
		err := n.DB.Read(ctx, func(tx *store.Tx) error {
			if err := tx.NewRaw("SELECT COALESCE(MAX(seq), 0) FROM event_head WHERE account = ''").Scan(tx.Ctx, &head); err != nil {
				return err
			}
			return tx.NewRaw("SELECT COALESCE(MAX(settled), 0) FROM webhook_courier").Scan(tx.Ctx, &through)
		})
		if err != nil || head == before && through == head {
			return err
		}
		before = head
		<-tick.C
	}
	return errors.New("the house does not come to rest")
}

// wait returns once so many deliveries behind a mark are recorded as delivered.
func (n *node) wait(ctx context.Context, mark int64, count int) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(5 * time.Minute); ; {
		last, err := n.last(ctx)
		if err != nil {
			return err
		}
		if last >= mark+int64(count) {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d deliveries are recorded after five minutes", last-mark, count)
		}
		<-tick.C
	}
	for { // those with more than one row written are found by the index of what waits
		var waiting int
		err := n.DB.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE state = 'waiting'").Scan(tx.Ctx, &waiting)
		})
		if err != nil || waiting == 0 {
			return err
		}
		<-tick.C
	}
}

// latency is from the beginning of the transaction that accepts an event to the
// end of the receiver's answer, in milliseconds.
func (n *node) latency(ctx context.Context, mark int64) (p50, p99 float64, _ error) {
	var took []int64
	err := n.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.NewRaw("SELECT d.updated - e.at FROM webhook_delivery AS d JOIN event_event AS e ON e.n = d.event_n WHERE d.d > ? ORDER BY 1", mark).Scan(tx.Ctx, &took)
	})
	if err != nil || len(took) == 0 {
		return 0, 0, errors.Join(err, errors.New("no deliveries"))
	}
	return float64(took[len(took)/2]) / 1000, float64(took[len(took)*99/100]) / 1000, nil
}
