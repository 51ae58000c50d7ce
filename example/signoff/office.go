package signoff

import (
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"
)

//go:embed package
var files embed.FS

// Package is the integration's package, as a release has it.
func Package() (fs.FS, error) { return fs.Sub(files, "package") }

// State says where a request stands.
type State string

// The states.
const (
	Asked     State = "asked"
	Approved  State = "approved"
	Declined  State = "declined"
	Applied   State = "applied"
	Withdrawn State = "withdrawn"
)

// Request is a change that somebody would like to make.
type Request struct {
	ID      string    `json:"-"`
	Theirs  string    `json:"id"` // id at Guestright
	Title   string    `json:"title"`
	Details string    `json:"details"`
	Reason  string    `json:"reason"`
	Where   string    `json:"where"`
	By      string    `json:"by"`
	Page    string    `json:"page"` // at Guestright
	State   State     `json:"-"`
	Came    time.Time `json:"-"`
}

// Question is one that the button of the product has sent.
type Question struct {
	About string    `json:"about"`
	Text  string    `json:"text"`
	Came  time.Time `json:"-"`
}

// Person is one who may decide.
type Person struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

// most is how many requests and questions are kept.
const most = 100

// Office keeps what is asked.
type Office struct {
	Token  string           // that Guestright shows
	People []Person         // who may decide
	Now    func() time.Time // nil: the real clock

	mu        sync.Mutex
	requests  []Request // the latest first
	questions []Question
}

var (
	errUnknown = errors.New("there is no such request")
	errDecided = errors.New("the request does not wait any more")
)

func (o *Office) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Requests are those that are kept, the latest first.
func (o *Office) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.requests)
}

// Questions are those that were asked, the latest first.
func (o *Office) Questions() []Question {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.questions)
}

// ask takes a request; one that comes twice is there once.
func (o *Office) ask(r Request) Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at := slices.IndexFunc(o.requests, func(have Request) bool { return have.Theirs == r.Theirs }); at >= 0 {
		return o.requests[at]
	}
	r.ID, r.State, r.Came = rand.Text(), Asked, o.now()
	o.requests = append([]Request{r}, o.requests[:min(len(o.requests), most-1)]...)
	return r
}

func (o *Office) question(q Question) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q.Came = o.now()
	o.questions = append([]Question{q}, o.questions[:min(len(o.questions), most-1)]...)
}

// Decide says yes or no to a request that waits.
func (o *Office) Decide(id string, yes bool) (Request, error) {
	to := Declined
	if yes {
		to = Approved
	}
	return o.move(id, to, Asked)
}

// move changes a request's state, from one of some; to the one that it has nothing
// happens.
func (o *Office) move(id string, to State, from ...State) (Request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at := slices.IndexFunc(o.requests, func(r Request) bool { return r.ID == id })
	if at < 0 {
		return Request{}, errUnknown
	}
	if r := &o.requests[at]; r.State != to {
		if !slices.Contains(from, r.State) {
			return *r, errDecided
		}
		r.State = to
	}
	return o.requests[at], nil
}
