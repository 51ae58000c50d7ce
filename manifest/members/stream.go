package members

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/guestright/guestright/manifest/value"
)

const (
	// pieceMost bounds one member, and any other single value, in bytes.
	pieceMost = 64 << 10
	// headMost bounds how many values there are besides members.
	headMost  = 10_000
	depthMost = 64
)

var (
	errLong  = errors.New("a value is longer than 64 KiB")
	errMany  = errors.New("there is too much besides the members")
	errDeep  = errors.New("it is nested too deeply")
	errTwice = errors.New("a name stands twice in one object")
	errMore  = errors.New("something follows the document")
)

// bounded is a reader that fails once a single value would need more.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// stream is a document that is gone through from its beginning.
type stream struct {
	d     *json.Decoder
	limit *bounded
	lists [][]string // paths of the members' arrays, of which one member is kept
	count int
}

func open(r io.ReadSeeker, lists [][]string) (*stream, error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	s := &stream{limit: &bounded{r: r}, lists: lists}
	s.d = json.NewDecoder(s.limit)
	s.d.UseNumber()
	return s, nil
}

func (s *stream) token() (json.Token, error) {
	s.limit.left = pieceMost
	return s.d.Token()
}

// piece reads one value whole.
func (s *stream) piece() (value.Value, error) {
	s.limit.left = pieceMost
	var raw json.RawMessage
	if err := s.d.Decode(&raw); err != nil {
		return nil, err
	}
	if len(raw) > pieceMost {
		return nil, errLong
	}
	v, err := value.Decode(raw)
	if err != nil { // it is JSON, so what is left is how deep it is
		return nil, errDeep
	}
	return v, nil
}

// head reads the document without its members, but for the first of each array.
func (s *stream) head(path []string) (value.Value, error) {
	if s.count++; s.count > headMost {
		return nil, errMany
	}
	if len(path) > depthMost {
		return nil, errDeep
	}
	t, err := s.token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := &value.Object{}
		for s.d.More() {
			key, err := s.key()
			if err != nil {
				return nil, err
			}
			if _, there := o.Get(key); there {
				return nil, errTwice
			}
			v, err := s.head(append(path[:len(path):len(path)], key))
			if err != nil {
				return nil, err
			}
			o.Set(key, v)
		}
		_, err := s.token()
		return o, err
	case json.Delim('['):
		return s.list(path)
	}
	return t, nil
}

func (s *stream) key() (string, error) {
	t, err := s.token()
	key, _ := t.(string)
	return key, err
}

func (s *stream) list(path []string) (value.Value, error) {
	list := value.List{}
	members := slices.ContainsFunc(s.lists, func(one []string) bool { return slices.Equal(one, path) })
	for s.d.More() {
		if !members {
			v, err := s.head(append(path[:len(path):len(path)], strconv.Itoa(len(list))))
			if err != nil {
				return nil, err
			}
			list = append(list, v)
			continue
		}
		if len(list) > 0 {
			s.limit.left = pieceMost
			var raw json.RawMessage
			if err := s.d.Decode(&raw); err != nil {
				return nil, err
			}
			continue
		}
		v, err := s.piece()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := s.token()
	return list, err
}

// end fails unless the document is over.
func (s *stream) end() error {
	if _, err := s.token(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = errMore
		}
		return err
	}
	return nil
}

// each calls f with every item of the array at a path, which is there.
func (s *stream) each(path []string, f func(value.Value) error) error {
	t, err := s.token()
	if err != nil {
		return err
	}
	if len(path) == 0 {
		if t != json.Delim('[') {
			return errPlace
		}
		for s.d.More() {
			v, err := s.piece()
			if err != nil {
				return err
			}
			if err := f(v); err != nil {
				return err
			}
		}
		_, err := s.token()
		return err
	}
	for n := 0; s.d.More(); n++ {
		key := strconv.Itoa(n)
		if t == json.Delim('{') {
			if key, err = s.key(); err != nil {
				return err
			}
		}
		if key == path[0] {
			return s.each(path[1:], f)
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
	return errPlace
}

// errPlace is the reader's own fault: where the array is was found before.
var errPlace = errors.New("the document has changed while it was read")

// skip passes over one value, however long.
func (s *stream) skip() error {
	for depth := 0; ; {
		t, err := s.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
