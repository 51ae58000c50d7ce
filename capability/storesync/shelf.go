package storesync

import (
	"context"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/problem"
)

// shelf is a store that is open. One filling at a time uses it.
type shelf interface {
	// try writes, reads and deletes something.
	try(ctx context.Context) error
	// mark reads which configuration fills the store; "" when it is empty.
	mark(ctx context.Context) (string, error)
	begin(ctx context.Context, mark string) error
	// look lists the cohorts that the store has.
	look(ctx context.Context) ([]string, error)
	// prepare begins to write a cohort: what is new, or whole, which readers see
	// when it is finished. It gives whole when the store lacks what is there.
	prepare(ctx context.Context, subject string, whole bool) (bool, error)
	// write adds members, and takes others out.
	write(ctx context.Context, w part) error
	finish(ctx context.Context, subject string, d described, whole bool) error
	drop(ctx context.Context, subject string) error
	// done notes when the store was up to date.
	done(ctx context.Context, at time.Time) error
	// fault says what went wrong in words that show no addresses but the customer's.
	fault(ctx context.Context, err error) error
	close()
}

// part is some of what a cohort gets.
type part struct {
	subject      string
	whole        bool
	joined, left []string
}

// described is what a store has about a cohort.
type described struct {
	Version     int64  `json:"version"`
	Members     int64  `json:"members"`
	Name        string `json:"name"`
	SubjectKind string `json:"subject_kind"`
}

// driver opens one kind of store.
type driver struct {
	method string // of trying it, for people
	judge  func(s *Service, in capability.Instance) []problem.Field
	host   func(in capability.Instance) string
	open   func(s *Service, in capability.Instance, prefix string) (shelf, error)
}

// drivers are those that packages can name.
var drivers = map[string]driver{"redis": redisDriver, "dynamoDB": dynamoDriver}

// driverOf is the one that a package names.
func driverOf(in capability.Instance) (driver, bool) {
	d, ok := drivers[driverName(in)]
	return d, ok
}

// driverName is "" when a package names none any more.
func driverName(in capability.Instance) string {
	if in.Package == nil || in.Package.Manifest.ManagedStoreSync == nil {
		return ""
	}
	return in.Package.Manifest.ManagedStoreSync.Driver
}

// open makes a shelf; it is connected to when it is used, through the guarded client.
func (s *Service) open(in capability.Instance) (shelf, error) {
	set, err := settingsOf(in.Settings)
	if err != nil {
		return nil, problem.Internal("storesync.settings", err)
	}
	d, ok := driverOf(in)
	if !ok {
		return nil, problem.Unavailable("store_refused", "The package names no store that this platform fills.", nil)
	}
	return d.open(s, in, set.Prefix)
}
