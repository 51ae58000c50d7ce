//go:build unix

package upstream

import (
	"errors"
	"syscall"
)

// probe asks one socket whether it is silent. It is made once per connection,
// so that asking allocates nothing.
type probe struct {
	raw    syscall.RawConn
	ask    func(fd uintptr)
	silent bool
	one    [1]byte
}

func newProbe(c any) *probe {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	p := &probe{raw: raw}
	p.ask = func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		p.silent = errors.Is(err, syscall.EAGAIN)
	}
	return p
}

// alive asks the socket, without waiting, whether the upstream has closed the
// connection or sent something nobody asked for; both make it unusable. What
// is not a socket is taken to be alive.
func (c *conn) alive() bool {
	p := c.probe
	if p == nil {
		return true
	}
	p.silent = false
	return p.raw.Control(p.ask) == nil && p.silent
}
