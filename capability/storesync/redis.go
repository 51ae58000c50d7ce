package storesync

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/redisconn"
	"github.com/guestright/guestright/kit/secret"
)

var redisDriver = driver{method: "SET", open: openRedis,
	judge: func(*Service, capability.Instance) []problem.Field { return nil },
	host:  func(in capability.Instance) string { return in.Given.Config.Text("host") }}

const (
	tryTime   = 15 * time.Second // for trying a store
	testLife  = time.Minute      // of what trying leaves, should it not be deleted
	portRedis = "6379"
)

// redisShelf is a Redis or Valkey.
type redisShelf struct {
	client *redis.Client
	prefix string
	filled map[string]bool // subjects that got members since they were prepared

	mu   sync.Mutex
	last error // of dialling: what the client makes of it does not always say so
}

// openRedis reads where it is by the names of fields that packages have. Error:
// Invalid, of kit/outbound.
func openRedis(s *Service, in capability.Instance, prefix string) (shelf, error) {
	v := in.Given.Config
	port, scheme, how := v.Text("port"), "rediss", outbound.Encrypted
	if port == "" {
		port = portRedis
	}
	plain := v["tlsEnabled"] != true
	if plain {
		scheme, how = "redis", outbound.Plain
	}
	address := net.JoinHostPort(v.Text("host"), port)
	if err := s.Client.CheckStream(&url.URL{Scheme: scheme, Host: address}, plain); err != nil {
		return nil, err
	}
	sh := &redisShelf{prefix: prefix, filled: map[string]bool{}}
	sh.client = redisconn.Open(redisconn.Options{Address: address, Username: v.Text("username"), Password: secret.New(v.Text("password")), Most: 1,
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := s.Client.Stream(ctx, address, how)
			sh.mu.Lock()
			defer sh.mu.Unlock()
			sh.last = err
			return conn, err
		}})
	return sh, nil
}

func (sh *redisShelf) close() { _ = sh.client.Close() }

func (sh *redisShelf) fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p // ours
	}
	if text := redisconn.Answer(err); text != "" {
		return problem.Unavailable("store_refused", "The store answered: "+problem.Words(text), err)
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.last != nil {
		err = sh.last
	}
	return problem.Unavailable("store_unreachable", "The store could not be reached ("+string(outbound.FailureOf(ctx, err))+").", err)
}

// name is the name of something in the store.
func (sh *redisShelf) name(of string) string { return sh.prefix + ":" + of }

// set is the name of a cohort's members; in a cluster both of its sets stand on the
// same node, since the name in braces decides that.
func (sh *redisShelf) set(subject, of string) string { return sh.prefix + ":{" + subject + "}:" + of }

func (sh *redisShelf) try(ctx context.Context) error {
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

func (sh *redisShelf) mark(ctx context.Context) (string, error) {
	got, err := sh.client.Get(ctx, sh.name("mark")).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return got, err
}

func (sh *redisShelf) begin(ctx context.Context, mark string) error {
	return sh.client.Set(ctx, sh.name("mark"), mark, 0).Err()
}

// prepare begins a set that will take the place of a cohort's, when it is whole.
// That a set is missing says nothing: one without members does not exist.
func (sh *redisShelf) prepare(ctx context.Context, subject string, whole bool) (bool, error) {
	if !whole {
		return false, nil
	}
	delete(sh.filled, subject)
	return true, sh.client.Unlink(ctx, sh.set(subject, "next")).Err()
}

func (sh *redisShelf) write(ctx context.Context, w part) error {
	set := sh.set(w.subject, "members")
	if w.whole {
		set = sh.set(w.subject, "next")
	}
	_, err := sh.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		if len(w.joined) > 0 {
			sh.filled[w.subject] = true
			p.SAdd(ctx, set, w.joined)
		}
		if len(w.left) > 0 {
			p.SRem(ctx, set, w.left)
		}
		return nil
	})
	return err
}

// finish puts the fresh set in a cohort's place and describes it.
func (sh *redisShelf) finish(ctx context.Context, subject string, d described, whole bool) error {
	var err error
	switch {
	case whole && sh.filled[subject]:
		err = sh.client.Rename(ctx, sh.set(subject, "next"), sh.set(subject, "members")).Err()
	case whole:
		err = sh.client.Unlink(ctx, sh.set(subject, "members"), sh.set(subject, "next")).Err()
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return sh.client.HSet(ctx, sh.name("cohorts"), subject, text).Err()
}

func (sh *redisShelf) look(ctx context.Context) ([]string, error) {
	return sh.client.HKeys(ctx, sh.name("cohorts")).Result()
}

func (sh *redisShelf) drop(ctx context.Context, subject string) error {
	if err := sh.client.Unlink(ctx, sh.set(subject, "members"), sh.set(subject, "next")).Err(); err != nil {
		return err
	}
	return sh.client.HDel(ctx, sh.name("cohorts"), subject).Err()
}

func (sh *redisShelf) done(ctx context.Context, at time.Time) error {
	return sh.client.Set(ctx, sh.name("synchronized_on"), at.UnixMilli(), 0).Err()
}
