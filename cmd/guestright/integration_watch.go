package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/fixture"
	"github.com/guestright/guestright/manifest/request"
)

type integrationWatchCmd struct {
	wanted
	Listen string `default:"127.0.0.1:4747" placeholder:"ADDRESS" help:"Where the page is served; loopback addresses only."`
}

// lookEvery is how often the files are looked at. Their times and sizes are few
// enough that no notifications by the system are needed.
const lookEvery = 250 * time.Millisecond

//go:embed integration_watch.html
var watchText string

var watchPage = template.Must(template.New("watch").Funcs(template.FuncMap{"curl": func(p request.Previewed) string { return p.Call.Curl() }, "text": func(p request.Previewed) string { return p.Call.Text() }}).Parse(watchText))

// Run serves a page with what there is to say about an integration and every
// request that it makes, which follows its files as they are saved.
func (c integrationWatchCmd) Run(w *world) error {
	if _, err := os.Stat(c.Package); err != nil {
		return exitError{exitMisused, err}
	}
	l, err := new(net.ListenConfig).Listen(w.ctx, "tcp", c.Listen)
	if err != nil {
		return exitError{exitMisused, err}
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return exitError{exitMisused, errors.Join(errors.New("--listen: only a loopback address, since the page shows what is filled in"), l.Close())}
	}
	w.say("http://%s shows %s and follows its files. Ctrl-C ends it.", l.Addr(), c.Package)
	server := &http.Server{Handler: c.handler(), ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return w.ctx }}
	stop := context.AfterFunc(w.ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c integrationWatchCmd) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.page)
	mux.HandleFunc("GET /changes", c.changes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "Only as a loopback address: another name would let a web page read this.", http.StatusForbidden)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// watched is what the page shows.
type watched struct {
	Package, Event, Stamp string
	Events                []string
	Findings              []manifest.Finding
	Calls                 []request.Previewed
	Fault                 string
}

func (c integrationWatchCmd) page(w http.ResponseWriter, r *http.Request) {
	want := c.wanted
	if e := r.FormValue("event"); e != "" {
		want.Event = e
	}
	d := watched{Package: filepath.Base(c.Package), Event: want.Event, Stamp: c.stamp(), Events: slices.DeleteFunc(fixture.Names(), func(n string) bool { return n == fixture.Native })}
	if want.Event != c.Event && !slices.Contains(d.Events, want.Event) { // a page may not name files
		http.Error(w, "There is no such event.", http.StatusNotFound)
		return
	}
	one, err := lintPackage(c.Package)
	if err == nil {
		d.Findings = one.Findings
		d.Calls, err = want.calls()
	}
	if err != nil {
		d.Fault = err.Error()
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	if err := watchPage.Execute(w, d); err != nil {
		return // the reader is gone
	}
}

// changes tells of each change of the files, as server-sent events, and first how
// they are now.
func (c integrationWatchCmd) changes(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for told := ""; ; {
		if now := c.stamp(); now != told {
			told = now
			if _, err := fmt.Fprintf(w, "data: %s\n\n", now); err != nil {
				return
			}
			if http.NewResponseController(w).Flush() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// stamp changes whenever a file does.
func (c integrationWatchCmd) stamp() string {
	h := fnv.New64a()
	err := filepath.WalkDir(c.Package, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(h, path, err)
			return nil // it is said on the page
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	fmt.Fprintln(h, err)
	return strconv.FormatUint(h.Sum64(), 36)
}
