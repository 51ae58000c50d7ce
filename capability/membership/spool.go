package membership

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// memoryMost is how much of a body is held in memory; what is longer goes to a file
// that has no name any more.
const memoryMost = 1 << 20

// spool makes a body one that can be read several times.
type spool struct {
	io.ReadSeeker
	file *os.File
}

func spooled(r io.Reader) (*spool, error) {
	var head bytes.Buffer
	n, err := io.Copy(&head, io.LimitReader(r, memoryMost+1))
	if err != nil || n <= memoryMost {
		return &spool{ReadSeeker: bytes.NewReader(head.Bytes())}, err
	}
	f, err := os.CreateTemp("", "guestright-members-*")
	if err != nil {
		return nil, err
	}
	s := &spool{f, f}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if _, err := io.Copy(f, io.MultiReader(&head, r)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close frees the file.
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
