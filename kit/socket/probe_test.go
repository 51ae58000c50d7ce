package socket_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/socket"
)

// pair gives the two ends of a connection.
func pair(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if ours, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if theirs, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	return ours, theirs
}

// heard waits until the probe hears something.
func heard(t *testing.T, p *socket.Probe) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); p.Silent(); {
		if time.Now().After(end) {
			t.Fatal("it stays silent")
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	ours, theirs := pair(t)
	p := socket.NewProbe(ours)
	if !p.Silent() || !p.Silent() {
		t.Fatal("a new connection is not silent")
	}
	if _, err := theirs.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	heard(t, p)
	if socket.Disturbs { // asking has read the byte
		return
	}
	got := make([]byte, 2)
	if n, err := ours.Read(got); n != 1 || err != nil {
		t.Fatalf("asking took what was sent: %d, %v", n, err)
	}
	if !p.Silent() {
		t.Error("what was read is heard again")
	}
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	heard(t, p)
	if _, err := ours.Read(got); err != io.EOF {
		t.Error(err)
	}
	if err := ours.Close(); err != nil || p.Silent() {
		t.Error("our own end is closed")
	}
}

func TestWhatIsNoSocketIsSilent(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if !socket.NewProbe(a).Silent() { // elsewhere it is asked by reading
		t.Error("a pipe is not")
	}
}
