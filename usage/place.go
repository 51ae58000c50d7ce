package usage

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/store"
)

const (
	// placesMost is how many networks of one subject are remembered between two
	// flushes; of further ones the oldest are forgotten.
	placesMost = 8
	// placesKept is how long it is known that a network was used.
	placesKept = 90 * 24 * time.Hour
	// placesShown bounds an answer.
	placesShown = 50
)

// Place is a network that a subject was used from, and when last.
type Place struct {
	Network string
	At      time.Time
}

// seen is a network of a stamp.
type seen struct {
	network netip.Prefix
	at      int64 // microseconds
	fresh   bool  // not written yet
}

// notePlace notes a use; the caller holds s.mu. It allocates for the first few
// networks of a stamp only.
func (s *Stamp) notePlace(at int64, from netip.Addr) {
	n := network.Of(from)
	if !n.IsValid() {
		return
	}
	oldest := 0
	for i := range s.places {
		if s.places[i].network == n {
			s.places[i].at, s.places[i].fresh = at, true
			return
		}
		if s.places[i].at < s.places[oldest].at {
			oldest = i
		}
	}
	if len(s.places) < placesMost {
		s.places = append(s.places, seen{n, at, true})
		return
	}
	s.places[oldest] = seen{n, at, true}
}

// takePlaces gives what is not written yet.
func (s *Stamp) takePlaces() []Place {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Place
	for i := range s.places {
		if p := &s.places[i]; p.fresh {
			out = append(out, Place{Network: p.network.String(), At: time.UnixMicro(p.at).UTC()})
			p.fresh = false
		}
	}
	return out
}

// keepPlaces takes back what could not be written.
func (s *Stamp) keepPlaces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.places {
		s.places[i].fresh = true
	}
}

// placesOf are the networks that this node remembers.
func (r *Recorder) placesOf(s Subject) []Place {
	r.stamps.mu.RLock()
	p := r.stamps.all[s]
	r.stamps.mu.RUnlock()
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Place, 0, len(p.places))
	for _, one := range p.places {
		out = append(out, Place{Network: one.network.String(), At: time.UnixMicro(one.at).UTC()})
	}
	return out
}

// Places tells from which networks a grant or a token that lives long was used
// since a time, the latest first, 50 at most. It joins the caller's transaction
// and does not authorise.
func (s *Service) Places(tx *store.Tx, subject Subject, since time.Time) ([]Place, error) {
	out, err := savedPlaces(tx, subject, since)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Recorder.placesOf(subject) {
		if p.At.Before(since) {
			continue
		}
		i := slices.IndexFunc(out, func(have Place) bool { return have.Network == p.Network })
		switch {
		case i < 0:
			out = append(out, p)
		case p.At.After(out[i].At):
			out[i].At = p.At
		}
	}
	slices.SortFunc(out, func(a, b Place) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Network, b.Network)) })
	return out[:min(len(out), placesShown)], nil
}

// savePlaces writes networks of subjects, in the order of both.
func savePlaces(tx *store.Tx, list map[Subject][]Place) error {
	type line struct {
		s Subject
		p Place
	}
	var all []line
	for s, ps := range list {
		for _, p := range ps {
			all = append(all, line{s, p})
		}
	}
	slices.SortFunc(all, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.s.Kind, b.s.Kind), cmp.Compare(a.s.ID, b.s.ID), cmp.Compare(a.p.Network, b.p.Network), b.p.At.Compare(a.p.At))
	})
	// One statement may not touch a row twice: of two stamps of a subject the later counts.
	all = slices.CompactFunc(all, func(a, b line) bool { return a.s == b.s && a.p.Network == b.p.Network })
	for part := range slices.Chunk(all, chunk) {
		args := make([]any, 0, 4*len(part))
		for _, l := range part {
			args = append(args, l.s.Kind, l.s.ID, l.p.Network, store.At(l.p.At))
		}
		_, err := tx.ExecContext(tx.Ctx, "INSERT INTO usage_place (kind, id, network, at) VALUES "+tuples(4, len(part))+
			" ON CONFLICT (kind, id, network) DO UPDATE SET at = excluded.at WHERE usage_place.at < excluded.at", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func savedPlaces(tx *store.Tx, s Subject, since time.Time) ([]Place, error) {
	var rows []struct {
		Network string
		At      store.Micros
	}
	err := tx.NewRaw("SELECT network, at FROM usage_place WHERE kind = ? AND id = ? AND at >= ? ORDER BY at DESC LIMIT ?", s.Kind, s.ID, store.At(since), placesShown).Scan(tx.Ctx, &rows)
	out := make([]Place, 0, len(rows))
	for _, r := range rows {
		out = append(out, Place{Network: r.Network, At: r.At.Time()})
	}
	return out, err
}

func forgetPlaces(tx *store.Tx, before time.Time) error {
	_, err := tx.ExecContext(tx.Ctx, "DELETE FROM usage_place WHERE at < ?", store.At(before))
	return err
}
