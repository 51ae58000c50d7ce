package upstream

import (
	"bytes"
	"net/http"
	"slices"
)

// maxChunkLine bounds a chunk's size line with its extensions, and
// maxTrailer the trailer section.
const (
	maxChunkLine = 1 << 10
	maxTrailer   = 16 << 10
)

// chunks relays a chunked body (RFC 9112 7.1) and its trailers.
func (s *sink) chunks(announced []string) error {
	c := s.c
	for {
		size, err := s.chunkSize()
		if err != nil {
			return err
		}
		if size == 0 {
			return s.trailers(announced)
		}
		for size > 0 {
			if c.buffered() == 0 {
				if size > smallBuffer {
					c.enlarge()
				}
				if err := s.more(bigBuffer); err != nil {
					return err
				}
			}
			n := min(size, int64(c.buffered()))
			if err := s.pass(int(n)); err != nil {
				return err
			}
			size -= n
		}
		if end, err := s.line(maxChunkLine); err != nil {
			return err
		} else if end != 0 {
			return bad("chunk longer than its size")
		}
		c.r += 2
	}
}

// line makes sure that a whole line is buffered and returns its length.
func (s *sink) line(limit int) (int, error) {
	c := s.c
	seen := 0
	for {
		for i := c.r + seen; i < c.w; i++ {
			if c.buf[i] != '\n' {
				continue
			}
			end := i - c.r - 1
			if end < 0 || c.buf[i-1] != '\r' {
				return 0, bad("line ends without CR")
			}
			return end, nil
		}
		seen = c.buffered()
		if seen >= limit {
			return 0, bad("line too long")
		}
		if err := s.more(max(limit, bigBuffer)); err != nil {
			return 0, err
		}
	}
}

// chunkSize reads a size line; extensions are ignored (RFC 9112 7.1.1).
func (s *sink) chunkSize() (int64, error) {
	c := s.c
	end, err := s.line(maxChunkLine)
	if err != nil {
		return 0, err
	}
	line := c.buf[c.r : c.r+end]
	var size int64
	digits := 0
	for ; digits < len(line); digits++ {
		v := unhex(line[digits])
		if v < 0 {
			break
		}
		size = size<<4 | int64(v)
	}
	rest := line[digits:]
	if len(bytes.Trim(rest, " \t")) == 0 {
		rest = nil // some servers pad
	}
	if digits == 0 || digits > 15 || len(rest) > 0 && rest[0] != ';' || !isText(rest) {
		return 0, bad("chunk size")
	}
	c.r += end + 2
	return size, nil
}

func unhex(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

// announced lists the trailers that the head promises.
func (x *call) announced(c *conn) ([]string, *Fault) {
	var names []string
	for _, f := range x.fields {
		if f.name != "Trailer" {
			continue
		}
		for list := string(c.buf[c.r+f.from : c.r+f.to]); list != ""; {
			var item string
			item, list = cutItem(list)
			if item == "" {
				continue
			}
			name := canonical([]byte(item))
			if !isToken(item) || name == "Transfer-Encoding" || name == "Content-Length" || name == "Trailer" {
				return nil, bad("Trailer")
			}
			if trailing(name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// trailers passes the trailer section on, announced or not. Fields that may
// not come after a body are left out.
func (s *sink) trailers(announced []string) error {
	x, c := s.x, s.c
	x.fields = x.fields[:0]
	header := x.w.Header()
	forced, total := false, 0
	if len(announced) > 0 {
		if err := s.forceChunks(&forced); err != nil {
			return err
		}
	}
	for {
		end, err := s.line(maxTrailer)
		if err != nil {
			return err
		}
		if end == 0 {
			c.r += 2
			return nil
		}
		if total += end; total > maxTrailer {
			return bad("trailers too large")
		}
		if err := x.field(c, 0, end); err != nil {
			return err
		}
		f := x.fields[len(x.fields)-1]
		value := string(c.buf[c.r+f.from : c.r+f.to])
		c.r += end + 2
		if !trailing(f.name) {
			continue
		}
		if err := s.forceChunks(&forced); err != nil {
			return err
		}
		if slices.Contains(announced, f.name) {
			header.Add(f.name, value)
		} else {
			header.Add(http.TrailerPrefix+f.name, value)
		}
	}
}

// forceChunks flushes once, because net/http adds a Content-Length to a short
// answer, and then no trailer can follow.
func (s *sink) forceChunks(done *bool) error {
	if *done {
		return nil
	}
	*done = true
	if err := flush(s.x.w); err != nil {
		return &Fault{Reason: ClientGone, Cause: err}
	}
	return nil
}
