package host

import (
	"encoding/json"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Opens has f give the data that a task of a kind carries while the product has it:
// what may not stand in the database, in lists and in the log. f runs whenever one is
// given out. Its refusal, NotFound or Conflict, ends the task; any other error leaves
// everything as it was. Call it while the program starts.
func (s *Service) Opens(kind string, f func(tx *store.Tx, t Task) (json.RawMessage, error)) {
	if s.opens == nil {
		s.opens = map[string]func(*store.Tx, Task) (json.RawMessage, error){}
	}
	s.opens[kind] = f
}

// opened gives tasks that were claimed their data, and ends those that are refused.
func (s *Service) opened(tx *store.Tx, claimed []Task) ([]Task, error) {
	var out []Task
	for _, t := range claimed {
		f := s.opens[t.Kind]
		if f == nil {
			out = append(out, t)
			continue
		}
		data, err := f(tx, t)
		if p := problem.Of(err); err != nil && (p.Kind == problem.KindNotFound || p.Kind == problem.KindConflict) {
			if _, err := t.fail(tx.Now(), Failure{Detail: p.Detail}); err != nil {
				return nil, err
			}
			if err := s.settle(tx, t); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		t.Data = data
		out = append(out, t)
	}
	return out, nil
}
