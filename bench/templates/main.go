// Command templates measures how long it takes to render the body of an event hook,
// beside mailgun/raymond with the same template and the same data in the same run.
// Both read the template once, before.
//
//	templates [-rounds 5] [-out file]
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailgun/raymond/v2"

	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/manifest/value"
)

func main() {
	rounds := flag.Int("rounds", 5, "interleaved rounds; the median counts")
	out := flag.String("out", "", "markdown file to write")
	flag.Parse()
	if err := run(*rounds, *out); err != nil {
		fmt.Fprintln(os.Stderr, "templates:", err)
		os.Exit(1)
	}
}

// row is one way to make the body.
type row struct {
	name    string
	make    func() error
	samples []testing.BenchmarkResult
}

func run(rounds int, file string) error {
	rows, err := ways()
	if err != nil {
		return err
	}
	for range rounds {
		for _, r := range rows {
			var failed error
			r.samples = append(r.samples, testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := r.make(); err != nil {
						failed = err
						return
					}
				}
			}))
			if failed != nil {
				return fmt.Errorf("%s: %w", r.name, failed)
			}
		}
	}
	text := table(rows)
	fmt.Print(text)
	if file == "" {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// ways gives raymond first; what they make was compared.
func ways() ([]*row, error) {
	theirs, err := raymond.Parse(body)
	if err != nil {
		return nil, err
	}
	var loose map[string]any
	if err := json.Unmarshal([]byte(event), &loose); err != nil {
		return nil, err
	}
	ours, err := template.Parse(body)
	if err != nil {
		return nil, err
	}
	root, err := value.Decode([]byte(event))
	if err != nil {
		return nil, err
	}
	want, err := theirs.Exec(loose)
	if err != nil {
		return nil, err
	}
	got, err := ours.Body(template.JSON, root, template.Options{})
	if err != nil {
		return nil, err
	}
	if dense(got) != dense([]byte(want)) { // raymond leaves a blank line between blocks on lines of their own
		return nil, fmt.Errorf("they make different bodies:\n%s\n%s", got, want)
	}
	var buffer []byte
	return []*row{
		{name: "mailgun/raymond v2.0.48", make: func() error { _, err := theirs.Exec(loose); return err }},
		{name: "Guestright", make: func() error { _, err := ours.Render(template.JSON, root, template.Options{}); return err }},
		{name: "Guestright, into a buffer of the caller", make: func() error {
			var err error
			buffer, err = ours.Append(buffer[:0], template.JSON, root, template.Options{})
			return err
		}},
		{name: "Guestright, and the output is checked to be JSON", make: func() error { _, err := ours.Body(template.JSON, root, template.Options{}); return err }},
		{name: "Guestright, and the event is read from JSON before", make: func() error {
			root, err := value.Decode([]byte(event))
			if err != nil {
				return err
			}
			_, err = ours.Render(template.JSON, root, template.Options{})
			return err
		}},
	}, nil
}

func dense(body []byte) string {
	var b bytes.Buffer
	if err := json.Compact(&b, body); err != nil {
		return string(body)
	}
	return b.String()
}

func table(rows []*row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Templates\n\n`make bench` renders the body of an event hook for a monitoring service: %d bytes of template, %d bytes of event. The templates were read\nbefore. The goal is at least 4 times as fast as raymond.\n\n%s, %s, %d processors, %d interleaved rounds, medians.\n\n",
		len(body), len(event), time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.NumCPU(), len(rows[0].samples))
	b.WriteString("| renderer | µs a body (min–max) | allocations | bytes | times as fast |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		all := make([]float64, 0, len(r.samples))
		ratios := make([]float64, 0, len(r.samples))
		for i, s := range r.samples {
			all = append(all, micros(s))
			ratios = append(ratios, micros(rows[0].samples[i])/micros(s))
		}
		slices.SortFunc(all, cmp.Compare)
		slices.SortFunc(ratios, cmp.Compare)
		fmt.Fprintf(&b, "| %s | %.2f (%.2f–%.2f) | %d | %d | %.1f |\n", r.name, all[len(all)/2], all[0], all[len(all)-1],
			r.samples[0].AllocsPerOp(), r.samples[0].AllocedBytesPerOp(), ratios[len(ratios)/2])
	}
	return b.String()
}

func micros(r testing.BenchmarkResult) float64 {
	return float64(r.T.Nanoseconds()) / float64(r.N) / 1000
}
