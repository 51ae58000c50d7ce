package webhook

import "sync"

// ledger knows up to which number of the log every event has a row for every
// receiver. Numbers are opened in order and settled in any.
type ledger struct {
	mu   sync.Mutex
	base int64   // everything up to here is settled
	open []int32 // receivers without a row, of base+1 and so on
}

// begin starts behind a number.
func (l *ledger) begin(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.base, l.open = n, nil
}

// opened notes an event and how many receivers it has. Numbers that were passed
// over are events that are gone.
func (l *ledger) opened(n int64, receivers int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.base+int64(len(l.open))+1 < n {
		l.open = append(l.open, 0)
	}
	l.open = append(l.open, int32(receivers))
	l.advance()
}

// settled notes that one receiver of an event has a row.
func (l *ledger) settled(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := n - l.base - 1
	if at < 0 || at >= int64(len(l.open)) {
		return
	}
	l.open[at]--
	l.advance()
}

func (l *ledger) advance() {
	n := 0
	for n < len(l.open) && l.open[n] <= 0 {
		n++
	}
	if n == 0 {
		return
	}
	l.base += int64(n)
	l.open = l.open[n:]
	if len(l.open) == 0 {
		l.open = nil
	}
}

// through is the number up to which everything is settled.
func (l *ledger) through() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.base
}
