package pennant

// The four things that can be done to any resource at a place. What differs between kinds is passed in.

func getAt[T any, P target[T]](c *call, p place) (reply, error) {
	v, err := get[T, P](c.read(), p)
	if err != nil {
		return reply{}, err
	}
	return found(v), nil
}

func listAt[T any, P target[T]](c *call, at place) (reply, error) {
	pg, err := c.page()
	if err != nil {
		return reply{}, err
	}
	all, more, err := list[T, P](c.read(), at, pg)
	if err != nil {
		return reply{}, err
	}
	last := ""
	if more {
		last = all[len(all)-1].place().key
	}
	return listed(all, last), nil
}

// edit is a change by merge patch.
type edit[T any, P target[T]] struct {
	at     place
	event  string
	fields func(P) any
	check  func(*scope, P, *check) error
	// after does what follows from the change, and names its event when event is empty.
	after func(s *scope, was, is P) (event string, err error)
}

func editAt[T any, P target[T]](c *call, e edit[T, P]) (reply, error) {
	wanted, err := c.patch()
	if err != nil {
		return reply{}, err
	}
	var is P
	err = c.write(func(s *scope) error {
		was, err := get[T, P](s, e.at)
		if err != nil {
			return err
		}
		if err := c.match(was.meta()); err != nil {
			return err
		}
		is, err = get[T, P](s, e.at)
		if err != nil {
			return err
		}
		if err := apply(wanted, e.fields(is)); err != nil {
			return err
		}
		var bad check
		if err := e.check(s, is, &bad); err != nil {
			return err
		}
		if err := bad.err(); err != nil {
			return err
		}
		if err := s.update(is); err != nil {
			return err
		}
		event := e.event
		if e.after != nil {
			event, err = e.after(s, was, is)
			if err != nil {
				return err
			}
		}
		return s.record(change{kind: event, resource: e.at.path(), before: was, after: is})
	})
	if err != nil {
		return reply{}, err
	}
	return found(is), nil
}

func removeAt[T any, P target[T]](c *call, p place, event string) (reply, error) {
	err := c.write(func(s *scope) error {
		was, err := get[T, P](s, p)
		if err != nil {
			return err
		}
		if err := c.match(was.meta()); err != nil {
			return err
		}
		if err := s.remove(was); err != nil {
			return err
		}
		return s.record(change{kind: event, resource: p.path(), before: was})
	})
	return removed(), err
}

// parent refuses with 404 when what a list or a new resource would stand under doesn't exist.
func parent[T any, P target[T]](s *scope, p place) error {
	_, err := get[T, P](s, p)
	return err
}
