package domain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/outbound"
)

// TXT looks up records; *net.Resolver is one. name ends with a dot, so that no
// search domain is tried.
type TXT interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

const (
	probeTime = 8 * time.Second
	fileMost  = 1024
	shownMost = 80 // characters of a foreign record that are shown
)

// look tries both ways at once; neither error nor answer of a stranger's server
// is more than a text.
func (s *Service) look(ctx context.Context, p Proof) finding {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	file := make(chan string, 1)
	go func() { file <- s.lookFile(ctx, p) }()
	f := Fault{DNS: s.lookDNS(ctx, p)}
	f.File = <-file
	switch {
	case f.DNS == "":
		return finding{method: DNS}
	case f.File == "":
		return finding{method: File}
	}
	return finding{fault: f}
}

// lookDNS says what it found instead of the record, "" when it is there.
func (s *Service) lookDNS(ctx context.Context, p Proof) string {
	got, err := s.TXT.LookupTXT(ctx, p.Record+".")
	if err != nil {
		d, ok := errors.AsType[*net.DNSError](err)
		switch {
		case ok && d.IsNotFound:
			return "There is no TXT record with this name. New records can take a while until they are seen everywhere."
		case ok && d.IsTimeout, errors.Is(err, context.DeadlineExceeded):
			return "The name servers of the domain did not answer in time."
		}
		return "The name servers of the domain gave no usable answer."
	}
	if slices.ContainsFunc(got, func(r string) bool { return strings.TrimSpace(r) == p.Text }) {
		return ""
	}
	if len(got) == 0 {
		return "There is no TXT record with this name. New records can take a while until they are seen everywhere."
	}
	i := slices.IndexFunc(got, func(r string) bool { return strings.HasPrefix(strings.TrimSpace(r), "guestright-domain=") })
	if i < 0 { // it is not ours to show: the name may lead anywhere
		return "There is a TXT record with another text, which does not begin with guestright-domain=."
	}
	return "There is a TXT record with another text: " + shown(got[i])
}

// shown quotes a part of a foreign text on one line.
func shown(text string) string {
	clean := []rune(strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(text, "?"))), " "))
	if len(clean) > shownMost {
		return "“" + string(clean[:shownMost]) + "…”"
	}
	return "“" + string(clean) + "”"
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// lookFile says what it found instead of the file, "" when it is there.
func (s *Service) lookFile(ctx context.Context, p Proof) string {
	res := s.Outbound.Do(ctx, outbound.Request{URL: p.File, MaxBody: fileMost, Timeout: probeTime, Header: http.Header{"Accept": {"text/plain"}}})
	switch {
	case res.Failure != outbound.NoFailure:
		return failed(res.Failure)
	case res.Status >= 300 && res.Status < 400:
		return fmt.Sprintf("The server answered %d, a redirect. Redirects are not followed: serve the file itself.", res.Status)
	case res.Status != http.StatusOK:
		return fmt.Sprintf("The server answered %d instead of 200.", res.Status)
	case !res.Truncated && strings.TrimSpace(string(res.Body)) == p.Text:
		return ""
	}
	return "The server answered with another text."
}

func failed(f outbound.Failure) string {
	switch f {
	case outbound.BadURL, outbound.Refused:
		return "The name leads to an address that is not called from here, such as a private one."
	case outbound.DNS:
		return "The name has no address, so there is no server to ask."
	case outbound.Connect:
		return "No server accepts connections on port 443."
	case outbound.TLS:
		return "The server has no certificate for this name that is trusted (TLS)."
	case outbound.Timeout, outbound.Canceled:
		return "The server did not answer in time."
	}
	return "The connection broke before an answer came."
}
