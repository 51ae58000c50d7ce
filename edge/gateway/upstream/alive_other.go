//go:build !unix

package upstream

import (
	"errors"
	"os"
	"time"
)

// probe is not needed here.
type probe struct{}

func newProbe(any) *probe { return nil }

// alive asks whether the upstream has closed the connection or sent something
// nobody asked for. Without a non-blocking peek this is a read that gives up
// after a millisecond, so a connection that was just in use is trusted.
func (c *conn) alive() bool {
	if time.Since(c.freed) < time.Second {
		return true
	}
	c.deadline = time.Time{}
	if err := c.raw.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return false
	}
	var one [1]byte
	n, err := c.raw.Read(one[:])
	if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	return c.raw.SetReadDeadline(time.Time{}) == nil
}
