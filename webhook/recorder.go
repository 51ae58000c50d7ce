package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// entry is what goes into the books: a delivery as it stands now.
type entry struct {
	item    *item
	lane    *lane
	attempt *attemptRow // nil: none was made
	circuit *Circuit    // nil: as before
	verdict verdict
	gone    bool // the receiver wants no more
	unsent  bool // it waits without an attempt
	fresh   bool // it has no row yet
}

// recorder writes what has happened, in groups: whatever came while one group
// was written is the next.
type recorder struct {
	c *courier

	mu      sync.Mutex
	waiting []entry
	asked   bool // write how far the log is settled, whatever else there is
	busy    bool
	idle    sync.Cond
	closed  bool
}

const (
	bookMost  = 1000
	bookPause = time.Second // after a failure of the database
	// bookRest is how long a group of at least bookBusy waits for others' changes
	// to be written with: nobody waits for it, and one commit costs less than two.
	bookRest = 25 * time.Millisecond
	bookBusy = 8
)

func (r *recorder) add(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.fresh = e.item.d == 0
	r.waiting = append(r.waiting, e)
	r.begin()
}

func (r *recorder) note() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = true
	r.begin()
}

// begin starts the writer. The lock is held.
func (r *recorder) begin() {
	if r.busy || r.closed {
		return
	}
	r.busy = true
	r.idle.L = &r.mu
	go r.write()
}

// close waits until everything is written, or given up.
func (r *recorder) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.idle.L = &r.mu
	for r.busy {
		r.idle.Wait()
	}
	r.closed = true
}

// more fills a group up with what has come since it was begun.
func (r *recorder) more(group []entry) []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), bookMost-len(group))
	group = append(group, r.waiting[:n]...)
	r.waiting = r.waiting[n:]
	return group
}

func (r *recorder) next() []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), bookMost)
	if n == 0 && !r.asked {
		r.busy, r.waiting = false, nil
		r.idle.Broadcast()
		return nil
	}
	r.asked = false
	group := r.waiting[:n:n]
	r.waiting = r.waiting[n:]
	return append(make([]entry, 0, n), group...)
}

func (r *recorder) write() {
	for {
		group := r.next()
		if group == nil {
			return
		}
		for tries := 0; ; tries++ {
			var ours bool
			var err error
			ours, group, err = r.c.record(group, tries > 0)
			if err == nil {
				if !ours {
					r.c.resign()
				}
				break
			}
			r.c.s.Log.Error("webhooks: what was delivered cannot be written", "error", err)
			if !r.c.leading.Load() && tries > 3 {
				break // we stop; whoever comes next sends it again
			}
			time.Sleep(bookPause)
		}
	}
}

// record writes one group, and what has come meanwhile with it; false when
// another node delivers now. again: it was tried before, and nobody knows whether
// that was committed.
func (c *courier) record(group []entry, again bool) (bool, []entry, error) {
	through := c.ledger.through()
	sums := c.counts.take(!c.leading.Load())
	ours := false
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	rest, filled := time.Duration(0), again
	if len(group) >= bookBusy {
		rest = bookRest
	}
	err := c.s.DB.Along(ctx, rest, func(tx *store.Tx) error {
		if !filled {
			filled, group = true, c.books.more(group)
		}
		var err error
		if ours, err = settle(tx, c.holder, through); err != nil || !ours {
			return err
		}
		there := false
		if again {
			if there, err = committed(tx, group); err != nil {
				return err
			}
		}
		if !there {
			if err := c.enter(tx, group); err != nil {
				return err
			}
		}
		return addCounts(tx, sums)
	})
	if err != nil || !ours {
		c.counts.back(sums)
		return ours, group, err
	}
	c.counts.add(group)
	for _, e := range group {
		if e.fresh {
			c.ledger.settled(e.item.n)
		}
		e.lane.mu.Lock()
		delete(e.lane.held, e.item.d)
		if e.item.State == Waiting {
			e.lane.later(e.item.Due)
		}
		if e.lane.again[e.item.d] {
			delete(e.lane.again, e.item.d)
			e.lane.later(c.s.DB.Now())
		}
		e.lane.mu.Unlock()
	}
	return true, group, nil
}

// committed reports whether a group is in the books already, since an answer to
// its commit may get lost. All of it is there or nothing, so what is found of any
// attempt tells; of one it may have been deleted meanwhile. Without attempts new
// rows tell. A group of nothing but changed rows may be written twice.
func committed(tx *store.Tx, group []entry) (bool, error) {
	tried := false
	for _, e := range group {
		if e.attempt == nil {
			continue
		}
		tried = true
		if there, err := attempted(tx, e.item.Delivery, e.attempt.Number); there || err != nil {
			return there, err
		}
	}
	for _, e := range group {
		if tried || !e.fresh {
			continue
		}
		if there, err := hasRow(tx, e.item.Delivery); there || err != nil {
			return there, err
		}
	}
	return false, nil
}

// enter writes the rows of a group.
func (c *courier) enter(tx *store.Tx, group []entry) error {
	if err := tx.Lock("webhook.delivery"); err != nil {
		return err
	}
	var fresh []*Delivery
	for _, e := range group {
		if e.fresh {
			fresh = append(fresh, &e.item.Delivery)
		}
	}
	if err := insertDeliveries(tx, fresh); err != nil {
		return err
	}
	var made []*attemptRow
	states := map[string]Circuit{}
	for _, e := range group {
		d := &e.item.Delivery
		if !e.fresh {
			there, err := saveDelivery(tx, d)
			if err != nil {
				return err
			}
			if !there {
				continue
			}
		}
		if e.attempt != nil {
			e.attempt.Delivery, e.attempt.At = d.d, store.At(d.Updated)
			made = append(made, e.attempt)
		}
		if e.circuit != nil {
			states[d.Endpoint] = *e.circuit
		}
	}
	if err := store.InsertAll(tx, made, "a"); err != nil {
		return err
	}
	for id, state := range states {
		if err := saveCircuit(tx, id, state); err != nil {
			return err
		}
	}
	for _, e := range group {
		if err := c.s.follow(tx, e); err != nil {
			return err
		}
	}
	return nil
}
