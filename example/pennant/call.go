package pennant

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/guestright/guestright/client/identity"
)

const (
	bodySize     = 64 << 10 // bytes of a request body
	defaultLimit = 50
	maxLimit     = 100
)

// call is one API request of a caller whose identity and account have been checked.
type call struct {
	s       *Server
	r       *http.Request
	id      identity.Identity
	account string
}

func (c *call) read() *scope { return c.s.store.read(c.r.Context(), c.account) }

func (c *call) write(do func(*scope) error) error {
	return c.s.store.write(c.r.Context(), c.account, Actor{
		Kind: c.id.Actor, Key: c.id.Subject, Application: c.id.Application, Installation: c.id.Installation, Decision: c.id.Decision,
	}, do)
}

func (c *call) param(name string) string { return c.r.PathValue(name) }

// page reads limit and after of a list.
func (c *call) page() (page, error) {
	query := c.r.URL.Query()
	pg := page{limit: defaultLimit}
	if raw := query.Get("limit"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 || n > maxLimit {
			return pg, badRequest("limit_invalid", fmt.Sprintf("limit is a number from 1 to %d.", maxLimit))
		}
		pg.limit = n
	}
	if raw := query.Get("after"); raw != "" {
		key, err := base64.RawURLEncoding.DecodeString(raw)
		if err != nil || len(key) > 100 {
			return pg, badRequest("cursor_invalid", "This cursor wasn't given out by this list.")
		}
		pg.after = string(key)
	}
	return pg, nil
}

// body reads a whole JSON body into v and refuses what v doesn't know.
func (c *call) body(v any) error {
	raw, err := readBody(c.r, "application/json")
	if err != nil {
		return err
	}
	return decode(raw, v)
}

func readBody(r *http.Request, types ...string) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	known := false
	for _, t := range types {
		known = known || kind == t
	}
	if err != nil || !known {
		return nil, &failure{Status: http.StatusUnsupportedMediaType, Code: "media_type", Detail: "The body must be " + strings.Join(types, " or ") + "."}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, bodySize))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, &failure{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Detail: fmt.Sprintf("A body may have %d bytes.", bodySize)}
	}
	if err != nil {
		return nil, badRequest("body_unreadable", "The body ended before it was complete.")
	}
	return raw, nil
}

func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return badRequest("body_unparseable", "A field of the body has the wrong type: "+kind.Field+".")
	case err != nil && strings.HasPrefix(err.Error(), "json: unknown field"):
		return badRequest("body_unknown_field", "The body has a field that this operation doesn't know.")
	case err != nil:
		return badRequest("body_unparseable", "The body isn't a JSON object.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("body_unparseable", "Something follows the JSON object of the body.")
	}
	return nil
}

// patch reads a merge patch (RFC 7396). It is read whole before a transaction begins: a slow caller holds up nobody.
func (c *call) patch() (map[string]any, error) {
	raw, err := readBody(c.r, "application/merge-patch+json", "application/json")
	if err != nil {
		return nil, err
	}
	var edit map[string]any
	if err := json.Unmarshal(raw, &edit); err != nil || edit == nil {
		return nil, badRequest("body_unparseable", "The body isn't a JSON object.")
	}
	return edit, nil
}

// apply changes fields, a pointer to the editable part of a resource, by a merge patch.
func apply(edit map[string]any, fields any) error {
	now, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("pennant: encoding for a patch: %w", err)
	}
	var whole map[string]any
	if err := json.Unmarshal(now, &whole); err != nil {
		return fmt.Errorf("pennant: decoding for a patch: %w", err)
	}
	merged, err := json.Marshal(merge(whole, edit))
	if err != nil {
		return fmt.Errorf("pennant: encoding a patch: %w", err)
	}
	reset(fields)
	return decode(merged, fields)
}

func merge(whole, edit map[string]any) map[string]any {
	for name, value := range edit {
		inner, ok := value.(map[string]any)
		was, both := whole[name].(map[string]any)
		switch {
		case value == nil:
			delete(whole, name)
		case ok && both:
			whole[name] = merge(was, inner)
		default:
			whole[name] = value
		}
	}
	return whole
}

// match checks If-Match (RFC 9110 section 13.1.1) against the version that is about to be changed.
func (c *call) match(m *Meta) error {
	header := strings.Join(c.r.Header.Values("If-Match"), ",")
	if header == "" || strings.TrimSpace(header) == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(tag) == etag(m.Version) {
			return nil
		}
	}
	return stale()
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// reply is what a handler answers when nothing went wrong.
type reply struct {
	status   int
	body     any
	version  int64  // for the ETag; 0: none
	location string // path below the account, of something created
	next     string // key of the last element of a list that goes on
	list     bool
}

func found(v resource) reply {
	return reply{status: http.StatusOK, body: v, version: v.meta().Version}
}

func created(v resource, location ...string) reply {
	for i, part := range location {
		location[i] = url.PathEscape(part)
	}
	return reply{status: http.StatusCreated, body: v, version: v.meta().Version, location: strings.Join(location, "/")}
}

func removed() reply { return reply{status: http.StatusNoContent} }

func listed(items any, last string) reply {
	return reply{status: http.StatusOK, body: items, next: last, list: true}
}

func (c *call) answer(w http.ResponseWriter, out reply) {
	body := out.body
	if out.list {
		next := ""
		if out.next != "" {
			next = base64.RawURLEncoding.EncodeToString([]byte(out.next))
			query := c.r.URL.Query()
			query.Set("after", next)
			w.Header().Set("Link", "<"+c.r.URL.EscapedPath()+"?"+query.Encode()+`>; rel="next"`)
		}
		body = struct {
			Items any    `json:"items"`
			Next  string `json:"next,omitempty"`
		}{Items: out.body, Next: next}
	}
	if out.version > 0 {
		w.Header().Set("ETag", etag(out.version))
	}
	if out.location != "" {
		w.Header().Set("Location", "/api/v1/accounts/"+url.PathEscape(c.account)+"/"+out.location)
	}
	w.Header().Set("Cache-Control", "no-store")
	if body == nil {
		w.WriteHeader(out.status)
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		refuse(w, c.r, fmt.Errorf("pennant: encoding an answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(out.status)
	_, _ = w.Write(raw) // the connection may be gone; there is nobody to tell
}
