package ledger

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Format of an export.
type Format string

// The formats.
const (
	CSV    Format = "csv"    // RFC 4180, with a header line
	NDJSON Format = "ndjson" // one JSON object a line
)

// Type is the media type of a format.
func (f Format) Type() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return "application/x-ndjson"
}

// Taken is an export that was allowed and noted, and can be written once.
type Taken struct {
	s      *Service
	asked  asked
	format Format
}

// Export notes in the audit log that somebody takes a copy, and gives what writes it.
// Nothing is given that was not noted. Errors: those of List; Invalid `ledger_format`.
func (s *Service) Export(ctx context.Context, by access.Principal, id account.ID, q Query, as Format) (*Taken, error) {
	if as != CSV && as != NDJSON {
		return nil, problem.Invalid("ledger_format", "An export is csv or ndjson.")
	}
	a, err := s.ask(ctx, by, id, q)
	if err != nil {
		return nil, err
	}
	a.Limit = limitMost
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", ActionRead, account.Resource(id.String())); err != nil {
			return err
		}
		what := map[string]any{"format": as, "from": a.From, "to": a.To, "step": a.Step}
		for name, value := range map[string]string{"integration": a.Integration, "kind": string(a.Kind), "verdict": string(a.Verdict), "outcome": a.chosen()} {
			if value != "" {
				what[name] = value
			}
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "ledger.export", Target: "account/" + id.String(), Name: a.account.Name, Account: id.String(), After: what})
	})
	if err != nil {
		return nil, err
	}
	return &Taken{s: s, asked: a, format: as}, nil
}

func (a *asked) chosen() string {
	if a.Chosen {
		return a.Outcome.String()
	}
	return ""
}

// Write writes the export as it is read, the newest first, a page at a time.
func (t *Taken) Write(ctx context.Context, to io.Writer) error {
	if t.format == NDJSON {
		enc := json.NewEncoder(to)
		enc.SetEscapeHTML(false)
		return t.each(ctx, func(e Entry) error { return enc.Encode(e) })
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write(header); err != nil {
		return err
	}
	err := t.each(ctx, func(e Entry) error { return w.Write(e.cells()) })
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

func (t *Taken) each(ctx context.Context, visit func(Entry) error) error {
	for after := (*Position)(nil); ; {
		page, err := t.s.page(ctx, &t.asked, after)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := visit(e); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		after = &page.Last
	}
}

var header = []string{
	"at", "until", "kind", "integration_kind", "integration", "name", "grant", "acting_for", "operation", "method", "path", "label", "effect",
	"verdict", "outcome", "why", "calls", "resources", "address", "action", "changed", "by", "by_name", "reason", "scopes_added", "scopes_removed", "audit",
}

// cells are the columns of an entry; none of them can be taken for a formula.
func (e *Entry) cells() []string {
	calls, until := "", ""
	if e.Kind != Change {
		calls, until = strconv.FormatInt(e.Calls, 10), e.Until.Format(time.RFC3339)
	}
	out := []string{
		e.At.Format(time.RFC3339Nano), until, string(e.Kind), e.Integration.Kind, e.Integration.ID, e.Integration.Name, e.Grant, e.ActingFor,
		e.Operation, e.Method, e.Path, e.Label, e.Effect, string(e.Verdict), e.Outcome, e.Why, calls, e.about(), e.Address, e.Action, e.Name, e.By, e.ByName, e.Reason,
		strings.Join(e.Added, " "), strings.Join(e.Removed, " "), e.Audit,
	}
	for i := range out {
		out[i] = audit.Harmless(out[i])
	}
	return out
}

// about lists resources in one cell: each with its calls.
func (e *Entry) about() string {
	var b strings.Builder
	for i, r := range e.Resources {
		if i > 0 {
			b.WriteString("; ")
		}
		name := r.Resource
		if name == "" {
			name = "(not told apart)"
		}
		b.WriteString(name + " ×" + strconv.FormatInt(r.Calls, 10))
	}
	if e.ResourcesMore > 0 {
		b.WriteString("; and " + strconv.Itoa(e.ResourcesMore) + " more")
	}
	return b.String()
}
