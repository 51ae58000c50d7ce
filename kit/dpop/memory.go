package dpop

import (
	"crypto/sha256"
	"sync"
	"time"
)

// memoryMost bounds what is remembered.
const memoryMost = 1 << 20

// Memory knows which proofs one process has seen. When it is full, proofs that
// it cannot remember are refused: nothing is let through twice.
type Memory struct {
	mu    sync.Mutex
	seen  map[[16]byte]int64 // → unix second from which it may be forgotten
	swept int64
}

// Once notes a proof; false when it was seen before, or cannot be remembered.
func (m *Memory) Once(p Proof, now, until time.Time) bool {
	sum := sha256.Sum256([]byte(p.Name()))
	name := [16]byte(sum[:16])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[[16]byte]int64{}
	}
	at := now.Unix()
	if at-m.swept >= 10 || len(m.seen) >= memoryMost && at != m.swept {
		m.swept = at
		for k, end := range m.seen {
			if end <= at {
				delete(m.seen, k)
			}
		}
	}
	if end, ok := m.seen[name]; ok && end > at {
		return false
	}
	if len(m.seen) >= memoryMost {
		return false
	}
	m.seen[name] = until.Unix() + 1
	return true
}
