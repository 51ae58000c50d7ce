package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	_ "net/http/pprof" // on the statistics listener only
	"net/url"
	"runtime"
	"strconv"
	"time"

	"github.com/guestright/guestright/edge/gateway/upstream"
)

// serve runs one of the servers under test until it is killed.
func serve(kind string, args []string) error {
	flags := flag.NewFlagSet(kind, flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	product := flags.String("upstream", "", "host:port of the upstream")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var h http.Handler
	switch kind {
	case "upstream":
		h = items()
	case "authorizer":
		h = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	case "bare":
		h = bare(*product)
	case "lean":
		h = lean(*product)
	}
	stats, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("/metrics", mallocs)
	go func() {
		if err := http.Serve(stats, nil); err != nil {
			fmt.Println("statistics:", err)
		}
	}()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Printf("stats: http://%s/metrics\n", stats.Addr())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	return server.Serve(l)
}

// mallocs tells the allocations so far, in the form of Prometheus' Go client.
func mallocs(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "go_memstats_mallocs_total %d\n", m.Mallocs)
}

// items answers 997 bytes of JSON, the size used by the published comparison.
func items() http.Handler {
	body := bytes.Repeat([]byte(`{"id":"item","name":"An item of the product","tags":["a","b"]},`), 20)
	body = append([]byte(`{"items":[`), body...)
	body = append(body[:994], `"]}`...)
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", length)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Request-Id", "0123456789abcdef")
		w.Write(body)
	})
}

// bare is the reference: httputil.ReverseProxy with a tuned transport and a
// buffer pool, and nothing else.
func bare(product string) http.Handler {
	target := &url.URL{Scheme: "http", Host: product}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{
			MaxIdleConns: 1024, MaxIdleConnsPerHost: 512, IdleConnTimeout: 90 * time.Second,
			DisableCompression: true, ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10,
		},
		BufferPool: &pool{free: make(chan []byte, 256)},
		ErrorLog:   log.New(io.Discard, "", 0), // wrk cuts its connections at the end of a round
	}
}

// pool is a buffer pool that does not allocate when it is used.
type pool struct{ free chan []byte }

func (p *pool) Get() []byte {
	select {
	case b := <-p.free:
		return b
	default:
		return make([]byte, 32<<10)
	}
}

func (p *pool) Put(b []byte) {
	select {
	case p.free <- b:
	default:
	}
}

// lean is the gateway's way to the upstream, without any decision.
func lean(product string) http.Handler {
	client := &upstream.Client{HeadTimeout: time.Minute}
	target := upstream.Target{Scheme: "http", Host: product}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := upstream.Outgoing{Target: target, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery}
		if _, err := client.Do(w, r, &out); err != nil {
			fault, ok := err.(*upstream.Fault)
			if !ok || fault.Started {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, fault.Code(), fault.Status())
		}
	})
}
