package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" // on the statistics listener only
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/guestright/guestright/bench/house"
	"github.com/guestright/guestright/server"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

// scale is how big the house is.
type scale struct {
	routes, tokens, used   int
	applications, accounts int
}

func run(args []string) error {
	s := scale{applications: 10, accounts: 20}
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address of the gateway door")
	product := flags.String("upstream", "", "host:port of the product")
	flags.IntVar(&s.routes, "routes", 600, "operations of the product")
	flags.IntVar(&s.tokens, "tokens", 100_000, "live tokens, all of them in memory")
	flags.IntVar(&s.used, "used", 1000, "tokens in the file of requests")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "gateway-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := s.writeProduct(dir, *product); err != nil {
		return err
	}
	app, err := open(ctx, dir, *listen)
	if err != nil {
		return err
	}
	defer app.Close()
	begun := time.Now()
	calls, err := s.seed(ctx, app)
	if err != nil {
		return err
	}
	if len(calls) == 0 {
		return errors.New("no tokens to call with")
	}
	fmt.Printf("seeded: %d tokens, %d operations in %s\n", s.tokens, len(app.Catalog.Get().Routes()), time.Since(begun).Round(time.Millisecond))
	if err := announce(dir, calls); err != nil {
		return err
	}
	l, err := app.Listen(ctx)
	if err != nil {
		return err
	}
	return app.Run(ctx, l, nil)
}

// open wires the house with the settings of an ordinary installation.
func open(ctx context.Context, dir, listen string) (*server.App, error) {
	cfg := house.Config(dir)
	cfg.Gateway.Listen, cfg.Gateway.URL = listen, "http://"+listen
	return server.Open(ctx, cfg, server.Options{})
}

// announce prints what the load needs and starts the statistics.
func announce(dir string, calls []call) error {
	file := filepath.Join(dir, "requests.txt")
	if err := writeCalls(file, calls); err != nil {
		return err
	}
	stats, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("/metrics", mallocs)
	go func() {
		if err := http.Serve(stats, nil); err != nil {
			fmt.Fprintln(os.Stderr, "statistics:", err)
		}
	}()
	fmt.Printf("header: Authorization: Bearer %s\npath: %s\nrequests: %s\nstats: http://%s/metrics\n", calls[0].token, calls[0].path, file, stats.Addr())
	return nil
}

// mallocs tells the allocations so far, in the form of Prometheus' Go client.
func mallocs(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "go_memstats_mallocs_total %d\n", m.Mallocs)
}
