package envoy

import (
	"context"
	"net/http"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/gateway/upstream"
)

// Check implements ext_authz.
func (s *Server) Check(ctx context.Context, req *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	asked, err := read(req.GetAttributes())
	if err != nil {
		return nil, err
	}
	reply := s.Desk.Ask(ctx, asked)
	if !reply.Pass {
		return denied(reply), nil
	}
	ok := &authv3.OkHttpResponse{ResponseHeadersToAdd: options(reply.Answer), QueryParametersToRemove: reply.Params}
	for _, f := range reply.Product {
		ok.Headers = append(ok.Headers, option(f.Name, f.Value))
	}
	// Envoy removes after it has set, so what we set is not listed here: that is
	// overwritten. Other spellings of the same names go.
	for name := range asked.Header {
		ours := slices.ContainsFunc(reply.Product, func(f upstream.Field) bool { return textproto.CanonicalMIMEHeaderKey(f.Name) == name })
		if reply.Drop(name) && !ours && !carried(name) {
			ok.HeadersToRemove = append(ok.HeadersToRemove, strings.ToLower(name))
		}
	}
	slices.Sort(ok.HeadersToRemove)
	return &authv3.CheckResponse{Status: &rpc.Status{Code: int32(codes.OK)}, HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: ok}}, nil
}

// carried reports the headers by which Envoy itself tells the product about the
// client; it cleans them at its edge (use_remote_address).
func carried(name string) bool {
	return name == "X-Forwarded-For" || name == "X-Forwarded-Proto"
}

// read takes the call out of the attributes. What is missing or said twice is
// an error: Envoy then refuses the call.
func read(a *authv3.AttributeContext) (*gateway.Asked, error) {
	h := a.GetRequest().GetHttp()
	if h.GetMethod() == "" || h.GetPath() == "" || h.GetFragment() != "" {
		return nil, errIncomplete
	}
	raw := h.GetHeaderMap().GetHeaders()
	if len(raw) > 0 && len(h.GetHeaders()) > 0 {
		return nil, errTwice
	}
	out := &gateway.Asked{Method: h.GetMethod(), Target: h.GetPath(), Host: h.GetHost(), Header: http.Header{}, Client: client(a)}
	if q := h.GetQuery(); q != "" {
		if strings.Contains(out.Target, "?") {
			return nil, errTwice
		}
		out.Target += "?" + q
	}
	add := func(name, value string) error {
		said, known := map[string]string{":method": out.Method, ":path": h.GetPath(), ":authority": out.Host, "host": out.Host}[name]
		if known && said != value {
			return errTwice
		}
		if !known && !strings.HasPrefix(name, ":") {
			name = textproto.CanonicalMIMEHeaderKey(name)
			out.Header[name] = append(out.Header[name], value)
		}
		return nil
	}
	for name, value := range h.GetHeaders() {
		if err := add(strings.ToLower(name), value); err != nil {
			return nil, err
		}
	}
	for _, f := range raw {
		value := f.GetValue()
		if len(f.GetRawValue()) > 0 {
			value = string(f.GetRawValue())
		}
		if err := add(strings.ToLower(f.GetKey()), value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// client is the peer that Envoy saw.
func client(a *authv3.AttributeContext) netip.Addr {
	addr, err := netip.ParseAddr(a.GetSource().GetAddress().GetSocketAddress().GetAddress())
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func denied(reply *gateway.Reply) *authv3.CheckResponse {
	code := codes.PermissionDenied
	switch reply.Status {
	case http.StatusUnauthorized:
		code = codes.Unauthenticated
	case http.StatusTooManyRequests:
		code = codes.ResourceExhausted
	case http.StatusServiceUnavailable:
		code = codes.Unavailable
	}
	return &authv3.CheckResponse{Status: &rpc.Status{Code: int32(code)}, HttpResponse: &authv3.CheckResponse_DeniedResponse{
		DeniedResponse: &authv3.DeniedHttpResponse{Status: &typev3.HttpStatus{Code: typev3.StatusCode(reply.Status)},
			Headers: options(reply.Answer), Body: string(reply.Body)}}}
}

func options(h http.Header) []*corev3.HeaderValueOption {
	var out []*corev3.HeaderValueOption
	for name, values := range h {
		for _, v := range values {
			out = append(out, option(name, v))
		}
	}
	slices.SortFunc(out, func(a, b *corev3.HeaderValueOption) int { return strings.Compare(a.Header.Key, b.Header.Key) })
	return out
}

func option(name, value string) *corev3.HeaderValueOption {
	how := corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD
	if name == "Link" { // of which the product may have its own
		how = corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD
	}
	return &corev3.HeaderValueOption{Header: &corev3.HeaderValue{Key: strings.ToLower(name), Value: value}, AppendAction: how}
}

var (
	errIncomplete = status.Error(codes.InvalidArgument, "check_incomplete: the check must describe method and path")
	errTwice      = status.Error(codes.InvalidArgument, "check_contradiction: the check says one thing in two ways")
)
