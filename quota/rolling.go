package quota

// runs is how many stretches of calls a rolling bucket tells apart. A stretch is
// at most 1/16 of the period long, so a call is forgotten up to that much late
// and never early.
const runs = 18

type run struct{ first, last, n int64 }

// rolling counts the calls of the last per nanoseconds.
type rolling struct {
	per   int64
	total int64
	at    int // oldest
	n     int
	ring  [runs]run
}

func (r *rolling) oldest() *run { return &r.ring[r.at] }
func (r *rolling) newest() *run { return &r.ring[(r.at+r.n-1)%runs] }

// expire forgets what is older than the period. A clock that went back moves
// the remembered calls to now: they are kept, for one more period at most.
func (r *rolling) expire(now int64) {
	if r.n > 0 && r.newest().last > now {
		for i := range r.n {
			q := &r.ring[(r.at+i)%runs]
			q.first, q.last = min(q.first, now), min(q.last, now)
		}
	}
	for r.n > 0 && r.oldest().last+r.per <= now {
		r.total -= r.oldest().n
		r.at = (r.at + 1) % runs
		r.n--
	}
}

func (r *rolling) add(now, cost int64) {
	if cost == 0 {
		return
	}
	r.total += cost
	if r.n > 0 && (now-r.newest().first < r.per/16 || r.n == runs) {
		q := r.newest()
		q.last, q.n = now, q.n+cost
		return
	}
	r.n++
	*r.newest() = run{first: now, last: now, n: cost}
}

// until is the time until at most room calls are remembered.
func (r *rolling) until(now, room int64) int64 {
	left := r.total
	for i := range r.n {
		q := &r.ring[(r.at+i)%runs]
		left -= q.n
		if left <= room {
			return q.last + r.per - now
		}
	}
	return r.per
}
