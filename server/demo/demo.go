package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/example/deploybot"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/server"
)

// Options of a demo.
type Options struct {
	Dir   string    // keeps the data; "" is a fresh temporary folder that is removed at the end
	Out   io.Writer // where the addresses and sign-ins are printed
	Log   *slog.Logger
	Port  int              // of the console; the gateway has the tenth after it; 0: 8480, or any that are free
	Free  bool             // any free ports, for tests that run side by side
	Ready func(Guide)      // called once every door answers; may be nil
	Now   func() time.Time // nil: the real clock
	// Outbound says how strangers' addresses are reached, other than those of the demo's own integrations.
	Outbound outbound.Config
	// Heard is told what the example integration hears of; nil: nobody is.
	Heard func(deploybot.Event)
}

// Guide is what a visitor needs.
type Guide struct {
	Console, Gateway, Watch, Product string
	Bot                              string // the example integration's own server
	Dir                              string
	People                           []SignIn
	Example                          Example
	Client                           Client // for trying OAuth libraries

	begin func(context.Context) error // what a fresh demo does once it runs
}

// Run starts everything, prints the guide and serves until ctx ends.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir := o.Dir
	if dir == "" {
		made, err := os.MkdirTemp("", "guestright-demo-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		dir = made
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	l, err := listen(ctx, o)
	if err != nil {
		return err
	}
	defer l.Close()
	product, err := web.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg := config(dir, l)
	pen, err := openProduct(dir, cfg)
	if err != nil {
		return errors.Join(err, product.Close())
	}
	if err := pen.Seed(ctx); err != nil {
		return errors.Join(err, product.Close(), pen.Close())
	}
	upstream := "http://" + product.Addr().String()
	listening, err := openEar(ctx, o.Outbound)
	if err != nil {
		return errors.Join(err, product.Close(), pen.Close())
	}
	defer func() { _ = listening.ln.Close() }()
	services := "http://" + listening.ln.Addr().String()
	stop := serveProduct(ctx, product, pen, mountProduct(pen, services))
	defer stop()
	cat, err := exampleCatalog(upstream)
	if err != nil {
		return err
	}
	app, err := server.Open(ctx, cfg, server.Options{Log: o.Log, Catalog: cat, Now: o.Now, Outbound: listening.client})
	if err != nil {
		return err
	}
	defer func() { _ = app.Close() }()
	hook, err := hookSecret(dir)
	if err != nil {
		return err
	}
	app.Integrations.Hook = server.NewHook(upstream+"/guestright/hooks", hook)
	guide := Guide{Console: cfg.URL, Gateway: cfg.Gateway.URL, Watch: "http://" + cfg.Watch.Listen, Product: upstream, Bot: services, Dir: dir}
	if err := seed(ctx, app, pen, &guide); err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	if guide.Client, err = readClient(dir); err != nil {
		return err
	}
	key, err := productKey(dir)
	if err != nil {
		return err
	}
	var bots sync.WaitGroup
	defer bots.Wait()
	return app.Run(ctx, l, func() {
		bots.Go(func() {
			listening.serve(ctx, guide.Dir, o.Log, &desk{console: guide.Console, key: key, now: o.Now}, o.Heard)
		})
		bots.Go(func() { runBot(ctx, guide, o.Log) })
		bots.Go(func() { begin(ctx, guide, o.Log) })
		if key != "" {
			feed := pennant.Feed{URL: guide.Console, Key: key}
			bots.Go(func() { pen.Publish(ctx, feed) })
			bots.Go(func() { pen.Push(ctx, feed) })
			bots.Go(func() {
				if err := pen.Work(ctx, feed); err != nil && ctx.Err() == nil {
					o.Log.Warn("the product does no tasks", "error", err)
				}
			})
		}
		guide.print(o.Out, o.Dir != "")
		if o.Ready != nil {
			o.Ready(guide)
		}
	})
}

// beginBy and beginAgain bound how long a fresh demo waits for what it needs to begin.
const (
	beginBy    = 2 * time.Minute
	beginAgain = 250 * time.Millisecond
)

// begin does what needs everything to run; it is tried until everything does.
func begin(ctx context.Context, g Guide, log *slog.Logger) {
	if g.begin == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, beginBy)
	defer stop()
	for {
		err := g.begin(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			log.Warn("the demo has no copies of flags", "error", err)
			return
		case <-time.After(beginAgain):
		}
	}
}

// listen opens the usual ports, or any free ones when somebody has them.
func listen(ctx context.Context, o Options) (*server.Listeners, error) {
	fixed, port := o.Port != 0, o.Port
	if !fixed {
		port = 8480
	}
	l := &server.Listeners{}
	for _, d := range []struct {
		into *net.Listener
		port int
	}{{&l.Public, port}, {&l.Gateway, port + 10}, {&l.Watch, port - 10}} {
		at := d.port
		if o.Free {
			at = 0
		}
		ln, err := web.Listen(ctx, "127.0.0.1:"+strconv.Itoa(at))
		if err != nil && !fixed {
			ln, err = web.Listen(ctx, "127.0.0.1:0")
		}
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("listen: %w", err)
		}
		*d.into = ln
	}
	return l, nil
}

func config(dir string, l *server.Listeners) server.Config {
	cfg := server.Defaults()
	cfg.Database, cfg.MasterKey = filepath.Join(dir, "guestright.db"), filepath.Join(dir, "master.key")
	cfg.Listen, cfg.Gateway.Listen, cfg.Watch.Listen = l.Public.Addr().String(), l.Gateway.Addr().String(), l.Watch.Addr().String()
	cfg.URL, cfg.Gateway.URL = "http://"+cfg.Listen, "http://"+cfg.Gateway.Listen
	cfg.Gateway.Audience = "pennant"
	cfg.Apps.Unverified = server.UnverifiedWarn // so that the tour installs what was registered a minute ago
	cfg.Groups.Forbidden = []string{"api", "rest", "test", "stage", "staging", "production"}
	cfg.Groups.Hint = "Your company's name, or company and product: “Acme - Sudoku”."
	return cfg
}

func openProduct(dir string, cfg server.Config) (*pennant.Server, error) {
	folder := filepath.Join(dir, "product")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	hook, err := hookSecret(dir)
	if err != nil {
		return nil, err
	}
	return pennant.New(pennant.Config{Dir: folder, Issuer: cfg.URL, Audience: cfg.Gateway.Audience,
		JWKSURL: cfg.URL + gateway.KeysPath, HookSecret: hook.Reveal()})
}

// hookSecret is what Guestright and the product share; made once per folder.
func hookSecret(dir string) (secret.Text, error) {
	path := filepath.Join(dir, "hook.secret")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		var b [24]byte
		_, _ = rand.Read(b[:])
		raw = []byte(hex.EncodeToString(b[:]))
		err = os.WriteFile(path, raw, 0o600)
	}
	return secret.New(string(raw)), err
}

func serveProduct(ctx context.Context, ln net.Listener, p *pennant.Server, h http.Handler) func() {
	srv := web.NewServer(ln.Addr().String(), h, web.Limits{Write: -1})
	srv.RegisterOnShutdown(p.EndStreams)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(ctx, srv, ln, time.Second)
	}()
	return func() {
		cancel()
		<-done
		_ = p.Close()
	}
}

func exampleCatalog(upstream string) (*catalog.Catalog, error) {
	file, err := catalog.ParseFile(pennant.Catalog())
	if err != nil {
		return nil, err
	}
	file.Product.Upstreams = map[string]string{"default": upstream}
	file.Product.LegacyKeys = []catalog.Key{{In: "header", Name: legacyHeader}}
	set, err := catalog.Parse("openapi.yaml", pennant.OpenAPI())
	if err != nil {
		return nil, err
	}
	cat, coverage, err := catalog.Import(set, file)
	return cat, errors.Join(err, coverage.Err())
}
