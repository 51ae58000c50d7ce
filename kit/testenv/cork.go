package testenv

import "net"

// Cork holds back what is written to a connection until somebody reads from it, so
// that what was written in parts, such as records of TLS, arrives together. It is
// for one goroutine.
type Cork struct {
	net.Conn
	held []byte
}

// Write implements io.Writer.
func (c *Cork) Write(b []byte) (int, error) {
	c.held = append(c.held, b...)
	return len(b), nil
}

// Read implements io.Reader.
func (c *Cork) Read(b []byte) (int, error) {
	if _, err := c.Conn.Write(c.held); err != nil {
		return 0, err
	}
	c.held = nil
	return c.Conn.Read(b)
}
