// Package redisconn opens clients of Redis and Valkey, whose connections the
// guarded client gives, and reads what such a server answers.
package redisconn

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/guestright/guestright/kit/secret"
)

// openTime is for a connection with its greeting.
const openTime = 5 * time.Second

// Options say which server, as whom, and how it is reached.
type Options struct {
	Address  string // host and port
	Username string
	Password secret.Text
	Database int
	Most     int // connections at one time
	Dial     func(ctx context.Context, address string) (net.Conn, error)
}

// quiet keeps the client from writing addresses of strangers to the error stream:
// what happens is told to whom it concerns.
var quiet sync.Once

type silence struct{}

// Printf implements the client's logger.
func (silence) Printf(context.Context, string, ...any) {}

// Open makes a client. It connects when it is used and tries nothing twice: whoever
// asked decides about that.
func Open(o Options) *redis.Client {
	quiet.Do(func() { redis.SetLogger(silence{}) })
	return redis.NewClient(&redis.Options{
		Addr: o.Address, Username: o.Username, Password: o.Password.Reveal(), DB: o.Database, Protocol: 2, PoolSize: o.Most, MaxActiveConns: o.Most,
		MaxRetries: -1, DialerRetries: 1, DialTimeout: openTime, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		Dialer:                   func(ctx context.Context, _, address string) (net.Conn, error) { return o.Dial(ctx, address) },
	})
}

// Answer is what the server said is wrong; "" when something broke on the way.
func Answer(err error) string {
	if answer, ok := errors.AsType[redis.Error](err); ok && !errors.Is(err, redis.Nil) {
		return answer.Error()
	}
	return ""
}
