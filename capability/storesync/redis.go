package storesync

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
)

const (
	openTime = 5 * time.Second  // for a connection with its greeting
	tryTime  = 15 * time.Second // for trying a store
	testLife = time.Minute      // of what trying leaves, should it not be deleted
)

// shelf is a store that is open.
type shelf struct {
	client *redis.Client
	prefix string

	mu   sync.Mutex
	last error // of dialling: what the client makes of it does not always say so
}

// quiet keeps the client from writing addresses of strangers to the error stream.
var quiet sync.Once

type silence struct{}

// Printf implements the client's logger.
func (silence) Printf(context.Context, string, ...any) {}

// open makes a shelf; it is connected to when it is used, through the guarded client.
func (s *Service) open(p place) (*shelf, error) {
	if err := p.check(s.Client); err != nil {
		return nil, err
	}
	quiet.Do(func() { redis.SetLogger(silence{}) })
	sh := &shelf{prefix: p.prefix}
	how := outbound.Plain
	if p.secure {
		how = outbound.Encrypted
	}
	sh.client = redis.NewClient(&redis.Options{
		Addr: p.address(), Username: p.username, Password: p.password.Reveal(), Protocol: 2, PoolSize: 1, MaxActiveConns: 1,
		MaxRetries: -1, DialerRetries: 1, DialTimeout: openTime, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		Dialer: func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, err := s.Client.Stream(ctx, address, how)
			sh.mu.Lock()
			defer sh.mu.Unlock()
			sh.last = err
			return conn, err
		},
	})
	return sh, nil
}

func (sh *shelf) close() { _ = sh.client.Close() }

// fault says what went wrong in words that show no addresses but the customer's.
func (sh *shelf) fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p // ours
	}
	if answer, ok := errors.AsType[redis.Error](err); ok && !errors.Is(err, redis.Nil) {
		return problem.Unavailable("store_refused", "The store answered: "+problem.Words(answer.Error()), err)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.last != nil {
		err = sh.last
	}
	return problem.Unavailable("store_unreachable", "The store could not be reached ("+string(outbound.FailureOf(ctx, err))+").", err)
}

// name is the name of something in the store.
func (sh *shelf) name(of string) string { return sh.prefix + ":" + of }

// set is the name of a cohort's members; in a cluster both of its sets stand on the
// same node, since the name in braces decides that.
func (sh *shelf) set(subject, of string) string { return sh.prefix + ":{" + subject + "}:" + of }

// try writes, reads and deletes.
func (sh *shelf) try(ctx context.Context) error {
	name, text := sh.name("test:"+rand.Text()), rand.Text()
	if err := sh.client.Set(ctx, name, text, testLife).Err(); err != nil {
		return err
	}
	got, err := sh.client.GetDel(ctx, name).Result()
	if err == nil && got != text {
		err = errors.New("it gave back something else")
	}
	return err
}

// mark reads which configuration fills the store; "" when it is empty.
func (sh *shelf) mark(ctx context.Context) (string, error) {
	got, err := sh.client.Get(ctx, sh.name("mark")).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return got, err
}

func (sh *shelf) begin(ctx context.Context, mark string) error {
	return sh.client.Set(ctx, sh.name("mark"), mark, 0).Err()
}

// fresh begins a set that will take the place of a cohort's.
func (sh *shelf) fresh(ctx context.Context, subject string) error {
	return sh.client.Unlink(ctx, sh.set(subject, "next")).Err()
}

// write adds members to a set of a cohort, and takes others out.
func (sh *shelf) write(ctx context.Context, subject, set string, joined, left []string) error {
	_, err := sh.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		if len(joined) > 0 {
			p.SAdd(ctx, sh.set(subject, set), joined)
		}
		if len(left) > 0 {
			p.SRem(ctx, sh.set(subject, set), left)
		}
		return nil
	})
	return err
}

// swap puts the fresh set in a cohort's place; a set without members does not exist.
func (sh *shelf) swap(ctx context.Context, subject string, empty bool) error {
	if empty {
		return sh.client.Unlink(ctx, sh.set(subject, "members"), sh.set(subject, "next")).Err()
	}
	return sh.client.Rename(ctx, sh.set(subject, "next"), sh.set(subject, "members")).Err()
}

func (sh *shelf) describe(ctx context.Context, subject string, text []byte) error {
	return sh.client.HSet(ctx, sh.name("cohorts"), subject, text).Err()
}

// subjects lists the cohorts that the store has.
func (sh *shelf) subjects(ctx context.Context) ([]string, error) {
	return sh.client.HKeys(ctx, sh.name("cohorts")).Result()
}

func (sh *shelf) drop(ctx context.Context, subject string) error {
	if err := sh.client.Unlink(ctx, sh.set(subject, "members"), sh.set(subject, "next")).Err(); err != nil {
		return err
	}
	return sh.client.HDel(ctx, sh.name("cohorts"), subject).Err()
}

func (sh *shelf) done(ctx context.Context, at time.Time) error {
	return sh.client.Set(ctx, sh.name("synchronized_on"), at.UnixMilli(), 0).Err()
}
