package testenv

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// The ports that Addresses gives lie under the range that a system takes for
// outgoing connections and for listeners on port 0 (RFC 6335: 49152 and up;
// Linux: 32768 and up). One from that range, free when asked, may be a
// stranger's a moment later.
const firstPort, lastPort = 10_000, 32_000

var ports struct {
	sync.Mutex
	next int
}

// Addresses gives n addresses on loopback for servers that are started by
// their configuration, and perhaps again. No two calls in one process give the
// same one; several processes begin at different places.
func Addresses(t testing.TB, n int) []string {
	t.Helper()
	out, err := addresses(n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func addresses(n int) ([]string, error) {
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = firstPort + rand.IntN(lastPort-firstPort)
	}
	var out []string
	for tried := 0; len(out) < n; tried++ {
		if tried > lastPort-firstPort {
			return nil, fmt.Errorf("no port between %d and %d is free", firstPort, lastPort)
		}
		addr := fmt.Sprintf("127.0.0.1:%d", ports.next)
		if ports.next++; ports.next == lastPort {
			ports.next = firstPort
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue // somebody serves there
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		out = append(out, addr)
	}
	return out, nil
}
