//go:build !unix

package socket

import (
	"errors"
	"net"
	"os"
	"time"
)

// Disturbs says whether asking takes time and takes the deadline for reading away.
const Disturbs = true

// Probe asks one connection, which nobody reads meanwhile, whether it is silent.
type Probe struct{ conn net.Conn }

// NewProbe makes the probe of a connection.
func NewProbe(c net.Conn) *Probe { return &Probe{c} }

// Silent reports that the other side has neither closed the connection nor sent
// anything that was not read. Without a peek that does not wait this is a read that
// gives up after a millisecond.
func (p *Probe) Silent() bool {
	if p.conn.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
		return false
	}
	var one [1]byte
	n, err := p.conn.Read(one[:])
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	return p.conn.SetReadDeadline(time.Time{}) == nil
}
