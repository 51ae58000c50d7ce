package server_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
)

// insideEnv tells this test binary that it runs in a network of its own.
const insideEnv = "GUESTRIGHT_TEST_NETNS"

// elsewhere runs the test once more as a process that has the machine's network
// and files to itself (network_namespaces(7), mount_namespaces(7)), and reports
// whether this is that process.
func elsewhere(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv(insideEnv) != "" {
		return true
	}
	testenv.Tool(t, "ip")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=3m", "-test.v")
	cmd.Env = append(append(os.Environ(), insideEnv+"=1", storetest.Env+"="), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 { // root in there only, where the kernel lets everybody be that
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	_, ran := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && !ran:
		testenv.Lacks(t, "no network namespace may be made here (%v); run this as root, in a container with --cap-add SYS_ADMIN", err)
	case err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("in a network of its own: %v\n%s", err, out)
	}
	return false
}

// internet is what a process in a network of its own finds there: public
// addresses with one receiver, decoys on all others, and a name server.
type internet struct {
	mu     sync.Mutex
	names  map[string]answer // without the dot at the end
	decoys []string          // local address of each connection that a decoy saw
	times  map[string]int    // requests to the receiver, by path
}

// answer is what the name server says.
type answer struct {
	code   dnsmessage.RCode
	silent bool
	addrs  []string
}

// Addresses of receivers on the public internet.
const public4, public6 = "93.184.216.34", "2606:2800:220:1::34"

// decoyPorts are the ports that URLs may name by default, and those of plain
// HTTP and a proxy.
var decoyPorts = []int{443, 8443, 80, 3128}

// newInternet gives the interface eth0 all these addresses. Receivers are
// called *.receiver.example.
func newInternet(t *testing.T, addrs []string) *internet {
	t.Helper()
	n := &internet{names: map[string]answer{}, times: map[string]int{}}
	ip := func(args ...string) {
		if out, err := exec.CommandContext(t.Context(), testenv.Tool(t, "ip"), args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v %s", args, err, out)
		}
	}
	ip("link", "set", "lo", "name", "eth0")
	ip("link", "set", "eth0", "up")
	for _, a := range append(addrs, public4, public6) {
		switch at := netip.MustParseAddr(a).Unmap(); {
		case at.IsLoopback() || at.IsUnspecified(): // are there
		case at.Is4():
			ip("addr", "replace", at.String()+"/32", "dev", "eth0")
		default:
			ip("addr", "replace", at.WithZone("").String()+"/128", "dev", "eth0", "nodad")
		}
	}

	// The files of the system name the name server and whom to trust.
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	// Asked again: a question that a busy machine loses would leave a name with half of its addresses.
	if err := os.WriteFile(conf, []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(conf, "/etc/resolv.conf", "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	cert, key, _ := certificate(t, "*.receiver.example")
	t.Setenv("SSL_CERT_FILE", cert) // crypto/x509, root_unix.go

	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range decoyPorts {
		ln, err := net.Listen("tcp", fmt.Sprint(":", port))
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: n, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
		srv.SetKeepAlivesEnabled(false) // so that every request is a connection, and every connection a look-up
		go func() {
			_ = srv.Serve(tls.NewListener(&sieve{ln, n}, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}))
		}()
		t.Cleanup(func() { _ = srv.Close() })
	}
	dns, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dns.Close() })
	go n.resolve(dns)
	return n
}

// sieve lets connections to public addresses through to the receiver; all others
// are a decoy's.
type sieve struct {
	net.Listener
	n *internet
}

// Accept implements net.Listener.
func (s *sieve) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at := netip.MustParseAddrPort(c.LocalAddr().String()).Addr().Unmap()
		if at.String() == public4 || at.String() == public6 {
			return c, nil
		}
		s.n.mu.Lock()
		s.n.decoys = append(s.n.decoys, c.LocalAddr().String())
		s.n.mu.Unlock()
		_ = c.Close()
	}
}

// ServeHTTP is the receiver: /to/URL redirects there, everything else is taken.
func (n *internet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	n.mu.Lock()
	n.times[r.Host]++
	n.mu.Unlock()
	if to, ok := strings.CutPrefix(r.RequestURI, "/to/"); ok {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// resolve answers for one name server until conn is closed.
func (n *internet) resolve(conn net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		size, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		n.mu.Lock()
		a, known := n.names[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
		n.mu.Unlock()
		if a.silent {
			continue
		}
		if !known {
			a.code = dnsmessage.RCodeNameError
		}
		m.Response, m.Authoritative, m.RCode, m.Additionals = true, true, a.code, nil
		for _, text := range a.addrs {
			at := netip.MustParseAddr(text)
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET} // for no time at all
			switch {
			case at.Is4() && q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: at.As4()}})
			case at.Is6() && q.Type == dnsmessage.TypeAAAA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: at.As16()}})
			}
		}
		if out, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(out, from)
		}
	}
}

// leads lets a name resolve to addresses from now on.
func (n *internet) leads(name string, addrs ...string) { n.says(name, answer{addrs: addrs}) }

func (n *internet) says(name string, a answer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names[name] = a
}

// came is how many requests the receiver got under a name.
func (n *internet) came(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.times[name]
}

// seen gives what the decoys saw so far, and begins anew. A call of our own is
// seen last: connections are accepted in their order.
func (n *internet) seen(t *testing.T) []string {
	t.Helper()
	const mark = "127.200.0.1"
	for _, port := range decoyPorts {
		if err := knock(t, mark, port); err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	if !eventually(t, 10*time.Second, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		out = nil
		for _, at := range n.decoys {
			if !strings.Contains(at, mark) {
				out = append(out, at)
			}
		}
		return len(n.decoys)-len(out) == len(decoyPorts)
	}) {
		t.Fatal("the decoys do not look")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.decoys = nil
	return out
}

// knock connects and goes away.
func knock(t *testing.T, addr string, port int) error {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(addr, fmt.Sprint(port)))
	if err != nil {
		return err
	}
	return c.Close()
}
