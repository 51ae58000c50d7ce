//go:build unix

package socket

import (
	"errors"
	"net"
	"syscall"
)

// Disturbs says whether asking takes time and takes the deadline for reading away.
const Disturbs = false

// Probe asks one connection, which nobody reads meanwhile, whether it is silent.
// It is made once for a connection, so that asking allocates nothing.
type Probe struct {
	raw    syscall.RawConn
	ask    func(fd uintptr)
	silent bool
	one    [1]byte
}

// NewProbe makes the probe of a connection.
func NewProbe(c net.Conn) *Probe {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return &Probe{}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return &Probe{}
	}
	p := &Probe{raw: raw}
	p.ask = func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		p.silent = errors.Is(err, syscall.EAGAIN)
	}
	return p
}

// Silent reports, without waiting, that the other side has neither closed the
// connection nor sent anything that was not read. What is not a socket is taken
// to be silent.
func (p *Probe) Silent() bool {
	if p.raw == nil {
		return true
	}
	p.silent = false
	return p.raw.Control(p.ask) == nil && p.silent
}
