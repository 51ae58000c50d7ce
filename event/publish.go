package event

import (
	"context"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	// groupMost bounds how many events share a transaction.
	groupMost = 1000
	// groupTime is how long a transaction may take.
	groupTime = 30 * time.Second
	// groupRest bounds the pause after a transaction that many shared, on PostgreSQL.
	// It is as long as the transaction took: the next is shared by more, and what a
	// transaction costs by itself is paid less often.
	groupRest = 8 * time.Millisecond
	groupBusy = 8 // offers
)

// Topic of the change feed: the log has grown. Only nodes that share a database
// hear it; the node itself hears Followed.
const Topic = "event"

// offer is what one caller wants to have in the log. Its events get their
// numbers when it is accepted.
type offer struct {
	events []*Event
	again  []bool                   // events that were there already
	first  func(tx *store.Tx) error // may refuse this offer alone, in the same transaction; may be nil
	also   func(tx *store.Tx) error // with them, in the same transaction; may be nil
	err    error                    // why this offer alone is refused
	done   chan error
}

// queue holds the offers that wait for the next transaction.
type queue struct {
	mu      sync.Mutex
	waiting []*offer
	busy    bool

	tail tail // of the transaction that is under way
}

// publish puts an offer into the log and returns once it is durable.
func (s *Service) publish(ctx context.Context, o *offer) error {
	o.done, o.again = make(chan error, 1), make([]bool, len(o.events))
	s.queue.mu.Lock()
	s.queue.waiting = append(s.queue.waiting, o)
	begin := !s.queue.busy
	s.queue.busy = true
	s.queue.mu.Unlock()
	if begin {
		go s.work(context.WithoutCancel(ctx))
	}
	// Once queued, the outcome decides, not the caller's patience.
	return <-o.done
}

// work writes groups until nobody waits.
func (s *Service) work(ctx context.Context) {
	for {
		group := s.next()
		if group == nil {
			return
		}
		begun := s.DB.Now()
		limited, cancel := context.WithTimeout(ctx, groupTime)
		err := s.commit(limited, group)
		cancel()
		for _, o := range group {
			if err != nil {
				o.done <- err
				continue
			}
			o.done <- o.err
		}
		if len(group) >= groupBusy && s.DB.Postgres() {
			time.Sleep(min(max(s.DB.Now().Sub(begun), time.Millisecond), groupRest))
		}
	}
}

func (s *Service) next() []*offer {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	n, events := 0, 0
	for n < len(s.queue.waiting) && (n == 0 || events+len(s.queue.waiting[n].events) <= groupMost) {
		events += len(s.queue.waiting[n].events)
		n++
	}
	if n == 0 {
		s.queue.busy, s.queue.waiting = false, nil
		return nil
	}
	group := s.queue.waiting[:n:n]
	s.queue.waiting = s.queue.waiting[n:]
	return group
}

// commit writes one group. A lock makes all nodes take turns, which is what
// gives the numbers the order of the commits.
func (s *Service) commit(ctx context.Context, group []*offer) error {
	return s.DB.Batch(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("event.log"); err != nil {
			return err
		}
		for _, o := range group {
			if err := o.begin(tx); err != nil {
				return err
			}
		}
		added, err := s.queue.tail.write(tx, group)
		if err != nil {
			return err
		}
		for _, o := range group {
			if o.also != nil && o.err == nil {
				if err := o.also(tx); err != nil {
					return err
				}
			}
		}
		if len(added) == 0 {
			return nil
		}
		if s.DB.Postgres() {
			tx.Changed(Topic, "")
		}
		tx.OnCommit(func() {
			s.streams.stir(accountsOf(added)...)
			if s.Followed != nil {
				s.Followed(added)
			}
		})
		return nil
	})
}

// begin asks whether an offer is to be taken at all. What it returns concerns the
// whole transaction.
func (o *offer) begin(tx *store.Tx) error {
	o.err = nil
	if o.first == nil {
		return nil
	}
	o.err = o.first(tx)
	if k := problem.Of(o.err); o.err != nil && (k.Kind == problem.KindInternal || k.Kind == problem.KindUnavailable) {
		return o.err
	}
	return nil
}

// accountsOf lists the accounts of events, each once.
func accountsOf(events []*Event) []string {
	var out []string
	seen := make(map[string]bool, len(events))
	for _, e := range events {
		if !seen[e.Account] {
			seen[e.Account] = true
			out = append(out, e.Account)
		}
	}
	return out
}

// place tells events apart that carry an id of their sender.
type place struct{ account, source, key string }

func (e *Event) place() place { return place{e.Account, e.Source, e.Key} }

// write adds what is new of a group and gives it in the order of its numbers.
func (t *tail) write(tx *store.Tx, group []*offer) ([]*Event, error) {
	var keys, accounts []string
	seen := map[string]bool{}
	count := 0
	for _, o := range group {
		count += len(o.events)
		for _, e := range o.events {
			if e.Key != "" {
				keys = append(keys, e.Key)
			}
			if !seen[e.Account] {
				seen[e.Account] = true
				accounts = append(accounts, e.Account)
			}
		}
	}
	there, err := byKeys(tx, keys)
	if err != nil {
		return nil, err
	}
	had := make(map[place]*Event, len(there))
	for _, k := range there {
		e := &Event{Account: k.Account, Source: k.Source, Key: k.Key, print: k.Print, Accepted: k.At.Time()}
		e.number(k.N, k.Seq)
		had[e.place()] = e
	}
	last, err := t.heads(tx, accounts)
	if err != nil {
		return nil, err
	}
	before := last[""]
	added := make([]*Event, 0, count)
	for _, o := range group {
		if o.err == nil {
			o.err = o.clash(had)
		}
		if o.err != nil {
			continue
		}
		for i, e := range o.events {
			e.Accepted = tx.Now()
			if e.Timestamp.IsZero() {
				e.Timestamp = e.Accepted
			}
			if e.Key != "" {
				if was := had[e.place()]; was != nil {
					e.Accepted, o.again[i] = was.Accepted, true
					e.number(was.N, was.Sequence)
					continue
				}
				had[e.place()] = e
			}
			last[""]++
			last[e.Account]++
			e.number(last[""], last[e.Account])
			o.again[i] = false
			added = append(added, e)
		}
	}
	if len(added) == 0 {
		return nil, nil
	}
	rows := make([]*row, len(added))
	for i, e := range added {
		rows[i] = e.row()
	}
	if err := store.InsertAll(tx, rows); err != nil {
		return nil, err
	}
	tx.OnCommit(func() { t.keep(before, last) })
	return added, setHead(tx, last[""])
}

// clash finds the first event whose id stands for another one already, in the
// log or earlier in the offer.
func (o *offer) clash(had map[place]*Event) error {
	own := map[place]*Event{}
	for i, e := range o.events {
		if e.Key == "" {
			continue
		}
		was := had[e.place()]
		if was == nil {
			was = own[e.place()]
		}
		if was != nil && was.print != e.print {
			return problem.Conflict("event_conflict", "Nothing was accepted: another event was sent with the same id.").With("index", i)
		}
		own[e.place()] = e
	}
	return nil
}
