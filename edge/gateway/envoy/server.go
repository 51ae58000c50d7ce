package envoy

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
)

// KeyMetadata is the metadata in which Envoy shows the shared key.
const KeyMetadata = "guestright-check-key"

const (
	// deadline bounds one check; Envoy's own time-out is shorter as a rule.
	deadline = 10 * time.Second
	// messageMost bounds a question, in bytes: the caller's header, no body.
	messageMost = 256 << 10
)

// Server answers checks. An answer that is an error of gRPC lets Envoy refuse
// the call, as long as failure_mode_allow is off.
type Server struct {
	authv3.UnimplementedAuthorizationServer
	Desk *gateway.Desk
	// Key is shared with Envoy; empty: Trust alone decides.
	Key secret.Text
	// Trust are the networks that may ask; empty: loopback only, unless there is
	// a key.
	Trust web.Proxies
	// TLS, when set, is how Envoy must connect.
	TLS *tls.Config
	// Grace is how long running checks may take when the server stops.
	Grace time.Duration
}

// Serve answers on a listener until ctx ends.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(messageMost), grpc.MaxConcurrentStreams(1000), grpc.ConnectionTimeout(10 * time.Second),
		grpc.MaxHeaderListSize(16 << 10), grpc.UnaryInterceptor(s.intercept),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	}
	if s.TLS != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(s.TLS)))
	}
	srv := grpc.NewServer(opts...)
	authv3.RegisterAuthorizationServer(srv, s)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	late := time.AfterFunc(s.Grace, srv.Stop)
	srv.GracefulStop()
	late.Stop()
	return <-done
}

// intercept lets only our own proxies in, bounds the time, and turns a panic
// into an error that says nothing.
func (s *Server) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer func() {
		if v := recover(); v != nil {
			s.Desk.Log.LogAttrs(ctx, slog.LevelError, "check failed", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			answer, err = nil, status.Error(codes.Internal, "internal")
		}
	}()
	if !s.trusted(ctx) {
		s.Desk.Log.LogAttrs(ctx, slog.LevelWarn, "check refused: the asking proxy is not trusted")
		return nil, status.Error(codes.Unauthenticated, "check_not_trusted")
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return next(ctx, req)
}

func (s *Server) trusted(ctx context.Context) bool {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return false
	}
	ap, err := netip.ParseAddrPort(from.Addr.String())
	if err != nil {
		return false
	}
	addr := ap.Addr().Unmap()
	if len(s.Trust) > 0 && !s.Trust.Trust(addr) {
		return false
	}
	if s.Key.IsZero() {
		return len(s.Trust) > 0 || addr.IsLoopback()
	}
	keys := metadata.ValueFromIncomingContext(ctx, KeyMetadata)
	return len(keys) == 1 && s.Key.Equal(secret.New(keys[0]))
}
