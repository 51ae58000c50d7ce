// Command hooks measures how long it takes to find out which of 1,000 event hooks are
// told of one change: each has a filter of its own, compiled before, of one to four
// statements with actions, resources and tags.
//
//	hooks [-filters 1000] [-rounds 5] [-out file]
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability/eventhook"
)

func main() {
	many := flag.Int("filters", 1000, "hooks with a filter")
	rounds := flag.Int("rounds", 5, "rounds; the median counts")
	out := flag.String("out", "", "markdown file to write")
	flag.Parse()
	if err := run(*many, *rounds, *out); err != nil {
		fmt.Fprintln(os.Stderr, "hooks:", err)
		os.Exit(1)
	}
}

// filters are of the kinds that packages suggest and administrators make of them.
func filters(many int) ([]eventhook.Filter, error) {
	out := make([]eventhook.Filter, 0, many)
	for i := range many {
		p := access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"proj/*:env/production:flag/*"}}}
		if i%4 > 0 {
			p = append(p, access.Statement{Effect: access.Allow, Actions: []string{"update*", "create*"}, Resources: []string{fmt.Sprintf("proj/p%d:env/*:flag/*;ops", i%50)}})
		}
		if i%4 > 1 {
			p = append(p, access.Statement{Effect: access.Deny, Actions: []string{"updateRules", "updateTargets"}, Resources: []string{"proj/*:env/*:flag/f-*"}})
		}
		if i%4 > 2 {
			p[0].Resources = []string{fmt.Sprintf("proj/p%d:env/production:flag/*", i%50), fmt.Sprintf("proj/q%d:env/*:flag/*", i)}
			p = append(p, access.Statement{Effect: access.Allow, NotActions: []string{"delete*"}, Resources: []string{"proj/*:env/staging:flag/*;{critical:true}"}})
		}
		f, err := eventhook.NewFilter(p)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func run(many, rounds int, file string) error {
	all, err := filters(many)
	if err != nil {
		return err
	}
	on, err := access.ParseResource("proj/p7:env/production;live:flag/night-light;ops,web")
	if err != nil {
		return err
	}
	did := []eventhook.Touched{{Action: "updateOn", On: on}}
	var samples []float64
	passed := 0
	for range rounds {
		r := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				passed = 0
				for i := range all {
					if all[i].Passes(did) {
						passed++
					}
				}
			}
		})
		samples = append(samples, float64(r.NsPerOp())/1000)
	}
	if passed == 0 || passed == many {
		return errors.New("the filters decide nothing")
	}
	slices.SortFunc(samples, cmp.Compare[float64])
	text := fmt.Sprintf(`# Filters of event hooks

`+"`make bench`"+` asks %d filters whether one change passes: one to four statements each, with actions, resources and tags. They were
compiled before, as they are for each change of a configuration. Allowed are 1,000 µs for 1,000.

%s, %s, %d processors, %d rounds.

| filters | passed | µs for all, median (min–max) | allowed |
|---|---|---|---|
| %d | %d | %.0f (%.0f–%.0f) | 1000 |
`, many, time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version(), runtime.NumCPU(), rounds, many, passed, samples[len(samples)/2], samples[0], samples[len(samples)-1])
	fmt.Print(text)
	if file == "" {
		return nil
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
