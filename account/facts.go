package account

import (
	"context"
	"sync"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
)

// factsMost bounds how many resources are remembered.
const factsMost = 100_000

// Facts fills in what is known about resources, from memory when it can. Make it
// with NewFacts.
type Facts struct {
	db    *store.DB
	mu    sync.RWMutex
	epoch uint64
	count int
	known map[string]map[string]access.Facts // account → resource; not Known: nothing is known, remembered too
}

// NewFacts remembers, and forgets by the change feed of db.
func NewFacts(db *store.DB) *Facts {
	f := &Facts{db: db, known: map[string]map[string]access.Facts{}}
	db.OnChange(ResourceTopic, f.forget)
	db.OnLost(func() { f.forget("") })
	return f
}

func (f *Facts) forget(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch++
	if account == "" {
		f.known, f.count = map[string]map[string]access.Facts{}, 0
		return
	}
	f.count -= len(f.known[account])
	delete(f.known, account)
}

// Fill gives the resource with what is known about each of its steps. Facts that
// the resource carries already stay: whoever asks knows better.
func (f *Facts) Fill(ctx context.Context, account string, r access.Resource) (access.Resource, error) {
	steps := r.Segments()
	names := make([]string, 0, len(steps))
	filled := make([]access.Segment, len(steps))
	copy(filled, steps)
	var missing []string
	f.mu.RLock()
	epoch := f.epoch
	for i := range steps {
		name := access.NewResource(bare(steps[:i+1])...).String()
		names = append(names, name)
		if steps[i].Facts.Known {
			continue
		}
		facts, ok := f.known[account][name]
		if !ok {
			missing = append(missing, name)
		}
		filled[i].Facts = facts
	}
	f.mu.RUnlock()
	if len(missing) == 0 {
		return access.NewResource(filled...), nil
	}
	read, err := f.read(ctx, account, missing)
	if err != nil {
		return r, err
	}
	f.remember(account, read, epoch)
	for i, name := range names {
		if facts, ok := read[name]; ok && !steps[i].Facts.Known {
			filled[i].Facts = facts
		}
	}
	return access.NewResource(filled...), nil
}

func bare(steps []access.Segment) []access.Segment {
	out := make([]access.Segment, len(steps))
	for i, s := range steps {
		out[i] = access.Segment{Kind: s.Kind, Name: s.Name}
	}
	return out
}

func (f *Facts) read(ctx context.Context, account string, names []string) (map[string]access.Facts, error) {
	out := make(map[string]access.Facts, len(names))
	for _, n := range names {
		out[n] = access.Facts{}
	}
	err := f.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := facts(tx, account, names)
		for _, r := range rows {
			out[r.Resource] = r.facts()
		}
		return err
	})
	return out, err
}

func (f *Facts) remember(account string, read map[string]access.Facts, epoch uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.epoch != epoch {
		return // something changed while we read
	}
	if f.count+len(read) > factsMost {
		f.known, f.count = map[string]map[string]access.Facts{}, 0
	}
	if f.known[account] == nil {
		f.known[account] = map[string]access.Facts{}
	}
	before := len(f.known[account])
	for name, facts := range read {
		f.known[account][name] = facts
	}
	f.count += len(f.known[account]) - before
}
