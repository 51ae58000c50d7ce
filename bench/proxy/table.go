package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

func median(samples []sample, of func(sample) float64) float64 {
	v := make([]float64, 0, len(samples))
	for _, s := range samples {
		v = append(v, of(s))
	}
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

const heading = "| path | requests/s (min–max) | rate to bare | p50 ms | p99 ms | CPU s per 1,000 | CPU to bare | allocations | one connection p50 µs |\n|---|---|---|---|---|---|---|---|---|\n"

func rate(s sample) float64 { return s.rate }
func cpu(s sample) float64  { return s.cpu }

// ratio compares round by round, since what else runs on the machine slows
// neighbours in time alike, and takes the median.
func ratio(r, base *result, of func(sample) float64) float64 {
	var v []float64
	for i := range min(len(r.busy), len(base.busy)) {
		if b := of(base.busy[i]); b > 0 {
			v = append(v, of(r.busy[i])/b)
		}
	}
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// table words what was measured. Each row is compared with the bare
// ReverseProxy under the same load.
func (p *plan) table(targets []*target, results map[row]*result) string {
	var b, notes strings.Builder
	gc := cmp.Or(os.Getenv("GOGC"), "100")
	fmt.Fprintf(&b, "%s, %s, %d processors, GOGC=%s for every Go server. `wrk -t2 -c%d -d%ds`, GET, 997 bytes of JSON, %d interleaved rounds, medians; ratios are the median of those of each round.\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.NumCPU(), gc, p.connections, p.seconds, p.count)
	var foreign []float64
	for _, many := range []bool{false, true} {
		var base *result
		for _, t := range targets {
			if t.base {
				base = results[row{t, many}]
			}
		}
		any := false
		for _, t := range targets {
			r := results[row{t, many}]
			if r == nil || base == nil {
				continue
			}
			if !any {
				fmt.Fprintf(&b, "%s\n\n%s", map[bool]string{false: "One token:", true: "Tokens in turn:"}[many], heading)
				any = true
			}
			line(&b, t, r, base)
			for _, s := range append(slices.Clone(r.busy), r.alone...) {
				foreign = append(foreign, s.foreign)
				if s.failed > 0 {
					fmt.Fprintf(&notes, "%s: %d answers were not 2xx.\n", t.name, s.failed)
				}
			}
		}
		if any {
			b.WriteString("\n")
		}
	}
	if len(foreign) > 0 {
		slices.Sort(foreign)
		fmt.Fprintf(&b, "Other programs used %.2f processors during the median run and %.2f during the worst.\n", foreign[len(foreign)/2], foreign[len(foreign)-1])
	}
	return b.String() + notes.String()
}

func line(b *strings.Builder, t *target, r, base *result) {
	s := r.busy
	least := slices.MinFunc(s, func(a, b sample) int { return cmp.Compare(a.rate, b.rate) }).rate
	most := slices.MaxFunc(s, func(a, b sample) int { return cmp.Compare(a.rate, b.rate) }).rate
	fmt.Fprintf(b, "| %s | %.0f (%.0f–%.0f) | %.2f | %.2f | %.1f | ", t.name, median(s, rate), least, most,
		ratio(r, base, rate), median(s, func(s sample) float64 { return s.p50 }), median(s, func(s sample) float64 { return s.p99 }))
	if t.proxy {
		fmt.Fprintf(b, "%.4f | %.2f | ", median(s, cpu), ratio(r, base, cpu))
	} else {
		b.WriteString("– | – | ")
	}
	if n := median(s, func(s sample) float64 { return s.allocations }); n > 0 && t.proxy {
		fmt.Fprintf(b, "%.1f | ", n)
	} else {
		b.WriteString("– | ")
	}
	if len(r.alone) == 0 {
		b.WriteString("– |\n")
		return
	}
	fmt.Fprintf(b, "%.0f |\n", 1000*median(r.alone, func(s sample) float64 { return s.p50 }))
}

// write puts the text between the marks of its GOGC in the file and leaves
// whatever else stands there.
func write(file, gc, text string) error {
	from, to := "<!-- measured GOGC="+gc+" -->\n", "<!-- end GOGC="+gc+" -->\n"
	block := from + text + to
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	whole := string(old)
	if before, rest, ok := strings.Cut(whole, from); ok {
		if _, after, ok := strings.Cut(rest, to); ok {
			return os.WriteFile(file, []byte(before+block+after), 0o644)
		}
	}
	if whole != "" {
		whole += "\n"
	}
	return os.WriteFile(file, []byte(whole+block), 0o644)
}
