package event

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

const (
	// streamStretch is how many events a stream holds in memory, and streamScan
	// how many it looks at in one turn.
	streamStretch, streamScan = 50, 200
	// streamBeat is how often a quiet stream shows that it lives.
	streamBeat = 10 * time.Second
	// streamLook is how often it looks whether its token still is one.
	streamLook = 500 * time.Millisecond
	// streamLife is how long a stream lasts, and streamVisit that of a person or
	// the product. Readers come again by themselves and show their credentials anew.
	streamLife, streamVisit = 10 * time.Minute, time.Minute
	// streamAgain is what readers are told to wait before they come again.
	streamAgain = time.Second
	// streamsMost bounds the streams of a node, and streamsEach of one reader.
	streamsMost, streamsEach = 2000, 10
)

// streams are the readers who wait for news on this node.
type streams struct {
	once   sync.Once
	mu     sync.Mutex
	open   map[*stream]bool
	each   map[string]int
	closed bool
}

// stream is one reader.
type stream struct {
	account string // id; "" until it is known
	reader  string
	bell    chan struct{}
	end     chan struct{}
}

func (s *stream) ring() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

// stir wakes the readers of accounts; of all without any.
func (s *streams) stir(accounts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.open {
		for _, a := range accounts {
			if one.account == a {
				one.ring()
			}
		}
		if len(accounts) == 0 {
			one.ring()
		}
	}
}

func (s *streams) join(one *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open, s.each = map[*stream]bool{}, map[string]int{}
	}
	switch {
	case s.closed:
		return problem.Unavailable("event_streams_stopping", "This server is stopping. Come again.", nil)
	case s.each[one.reader] >= streamsEach, len(s.open) >= streamsMost:
		return problem.Limited("event_streams", "Too many streams are open. End some, or read with GET /v1/events.", streamBeat)
	}
	s.open[one] = true
	s.each[one.reader]++
	return nil
}

func (s *streams) leave(one *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open[one] {
		return
	}
	delete(s.open, one)
	if s.each[one.reader]--; s.each[one.reader] == 0 {
		delete(s.each, one.reader)
	}
}

// EndStreams ends all streams of this node, which is about to stop; readers come
// again elsewhere.
func (s *Service) EndStreams() {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	s.streams.closed = true
	for one := range s.streams.open {
		close(one.end)
	}
	s.streams.open, s.streams.each = map[*stream]bool{}, map[string]int{}
}

// Stream hands out the events behind a number as Read does, and goes on with
// what comes, until ctx or the reader's right ends. raw is the credential that
// the reader came with; a token is looked at again and again.
func (s *Service) Stream(ctx context.Context, by access.Principal, q Query, raw string, out *web.EventStream) error {
	s.streams.once.Do(func() {
		wake := func(string) { s.streams.stir() }
		s.DB.OnChange(Topic, wake)
		s.DB.OnChange(MuteTopic, wake)
		s.DB.OnLost(func() { s.streams.stir() })
	})
	q.Limit, q.scan = streamStretch, streamScan
	me := &stream{reader: by.Grant + "/" + by.Subject(), bell: make(chan struct{}, 1), end: make(chan struct{})}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.readable(tx, by, q.Account)
		me.account, q.Account = a.ID.String(), a.ID.String()
		return err
	})
	if err != nil {
		return err
	}
	if err := s.streams.join(me); err != nil {
		return err
	}
	defer s.streams.leave(me)
	most := streamLife
	if by.Grant == "" {
		most = streamVisit
	}
	beat, look, life := time.NewTicker(streamBeat), time.NewTicker(streamLook), time.NewTimer(most)
	defer beat.Stop()
	defer look.Stop()
	defer life.Stop()
	begun := false
	for {
		part, err := s.Read(ctx, by, q)
		if err == nil && !begun {
			err = out.Begin(streamAgain)
			begun = err == nil
		}
		if err != nil {
			return s.over(ctx, out, begun, err)
		}
		for _, e := range part.Items {
			if out.Event(e.Sequence, "", e.Append(nil)) != nil {
				return nil // gone
			}
		}
		q.After = part.Next
		for waiting := !part.More; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-me.end:
				return nil
			case <-life.C:
				return nil
			case <-me.bell:
				waiting = false
			case <-look.C:
				err = s.still(ctx, by, raw)
			case <-beat.C:
				if err = out.Pass(q.After); err != nil {
					return nil // gone
				}
			}
			if err != nil {
				return s.over(ctx, out, true, err)
			}
		}
		if err := s.still(ctx, by, raw); err != nil {
			return s.over(ctx, out, true, err)
		}
	}
}

// over ends a stream. Readers who have begun are told why.
func (s *Service) over(ctx context.Context, out *web.EventStream, begun bool, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	if begun {
		_ = out.Event(0, "end", endOf(err))
		return nil
	}
	return err
}

// still looks whether the reader's token is one; that takes no database.
func (s *Service) still(ctx context.Context, by access.Principal, raw string) error {
	if by.Grant == "" || raw == "" {
		return nil
	}
	b, err := s.Bearers.Authenticate(ctx, raw)
	if err != nil {
		return err
	}
	return b.Live(s.DB.Now())
}

// endOf tells a reader why the stream is over.
func endOf(err error) []byte {
	code := problem.CodeOf(err)
	return []byte(`{"code":"` + strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, code) + `"}`)
}
