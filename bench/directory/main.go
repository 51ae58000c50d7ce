// Command directory measures how long the public directory takes to answer: its
// list, searches, facets, the page of an entry and its customer sheet, each beside a
// bare handler that writes the same bytes.
//
//	directory [-listings 1000] [-requests 400] [-out file]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Allowed is the most that an answer may take at the server.
const allowed = 20 * time.Millisecond

func main() {
	many := flag.Int("listings", 1000, "listings in the directory")
	requests := flag.Int("requests", 400, "requests of each kind")
	out := flag.String("out", "", "markdown file to write; what stands below its line of dashes stays")
	serve := flag.String("serve", "", "address to serve the directory at instead of measuring, for a browser")
	flag.Parse()
	if err := run(context.Background(), *many, *requests, *out, *serve); err != nil {
		fmt.Fprintln(os.Stderr, "directory:", err)
		os.Exit(1)
	}
}

// paths are what is asked for.
var paths = []struct{ what, path string }{
	{"the list", "/directory"}, {"a page of it", "/directory?page=20"}, {"a search", "/directory?q=deploy+flags"}, {"a search for nothing", "/directory?q=zzz"},
	{"a category", "/directory?category=reporting"}, {"category, capability and search", "/directory?category=reporting&capability=api&q=team&sort=name"},
	{"the list as JSON", "/v1/listings"}, {"a search as JSON", "/v1/listings?q=deploy&category=reporting"}, {"the fragment", "/directory/fragment?q=team"},
	{"an entry", "/directory/app-0007"}, {"a customer sheet", "/directory/app-0007/sheet"}, {"a customer sheet as Markdown", "/directory/app-0007/sheet.md"},
}

func run(ctx context.Context, many, requests int, file, address string) error {
	dir, err := os.MkdirTemp("", "directory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	app, touch, err := fill(ctx, dir, many)
	if err != nil {
		return err
	}
	defer app.Close() //nolint:errcheck // temporary
	if address != "" {
		fmt.Println("http://" + address + "/directory")
		return (&http.Server{Addr: address, Handler: app.Public, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe()
	}
	srv := httptest.NewServer(app.Public)
	defer srv.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "# The directory\n\n`BENCH=directory scripts/bench.sh` fills a directory with %d listings on SQLite and asks for its pages one after the other over loopback, %d times\neach, beside a bare handler that writes the same bytes. Allowed are %s at the server. The times hold both ends of the connection.\n\n", many, requests, allowed)
	fmt.Fprintf(&b, "%s, %s, %d processors.\n\n| asked for | bytes | median | 99th percentile | slowest | bare, median | ratio |\n|---|---|---|---|---|---|---|\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version(), runtime.NumCPU())
	over := false
	for _, p := range paths {
		got, body, kind, err := timed(srv.URL+p.path, requests)
		if err != nil {
			return err
		}
		bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body)
		}))
		plain, _, _, err := timed(bare.URL, requests)
		bare.Close()
		if err != nil {
			return err
		}
		mid, high := got[len(got)/2], got[len(got)*99/100]
		over = over || high > allowed
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %.1f |\n", p.what, len(body), round(mid), round(high), round(got[len(got)-1]), round(plain[len(plain)/2]), float64(mid)/float64(plain[len(plain)/2]))
	}
	var first []time.Duration
	for range 15 {
		if err := touch(); err != nil {
			return err
		}
		got, _, _, err := timed(srv.URL+"/directory", 1)
		if err != nil {
			return err
		}
		first = append(first, got[0])
	}
	slices.Sort(first)
	fmt.Fprintf(&b, "\nAfter a change of one listing the next reader waits until that has been read anew: median %s, slowest %s of %d.\n", round(first[len(first)/2]), round(first[len(first)-1]), len(first))
	fmt.Print(b.String())
	if file != "" {
		if err := write(file, b.String()); err != nil {
			return err
		}
	}
	if over {
		return fmt.Errorf("slower than %s", allowed)
	}
	return nil
}

// write keeps what another measurement wrote below the line of dashes.
func write(file, text string) error {
	const line = "\n---\n"
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if _, rest, ok := strings.Cut(string(old), line); ok {
		text += line + rest
	}
	return os.WriteFile(file, []byte(text), 0o644) //nolint:gosec // a document
}

func round(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

// timed asks again and again, after a few that warm up, and gives the times in order.
func timed(url string, n int) ([]time.Duration, []byte, string, error) {
	var out []time.Duration
	var body []byte
	kind := ""
	warm := min(n/10, 20)
	for i := range n + warm {
		req, err := http.NewRequest(http.MethodGet, url, nil) //nolint:noctx // our own server
		if err != nil {
			return nil, nil, "", err
		}
		req.Host = "127.0.0.1:8480" // as the configuration calls it
		begun := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, nil, "", err
		}
		if body, err = io.ReadAll(res.Body); err != nil {
			return nil, nil, "", err
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, nil, "", fmt.Errorf("%s: %s", url, res.Status)
		}
		kind = res.Header.Get("Content-Type")
		if i >= warm {
			out = append(out, time.Since(begun))
		}
	}
	slices.Sort(out)
	return out, body, kind, nil
}
