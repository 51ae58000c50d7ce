package audit

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// Format of an export.
type Format string

// The formats.
const (
	JSONLines Format = "jsonl" // one JSON object a line (https://jsonlines.org)
	CSV       Format = "csv"   // RFC 4180, with a header line
)

// Export writes every entry that List would give to w, the newest first, as it
// reads them.
func (l *Log) Export(ctx context.Context, by access.Principal, f Filter, to io.Writer, as Format) error {
	switch as {
	case JSONLines:
		enc := json.NewEncoder(to)
		enc.SetEscapeHTML(false)
		return l.Each(ctx, by, f, func(e Entry) error { return enc.Encode(e) })
	case CSV:
		return l.exportCSV(ctx, by, f, to)
	}
	return problem.Invalid("audit.format_unknown", "An export is jsonl or csv.")
}

var header = []string{
	"time", "id", "actor", "actor_kind", "via", "action", "target", "name", "account", "group", "application", "user",
	"reason", "before", "after", "before_sha256", "after_sha256", "request", "address", "hash", "account_hash",
}

func (l *Log) exportCSV(ctx context.Context, by access.Principal, f Filter, to io.Writer) error {
	if _, err := viewOf(by); err != nil { // before the header line is out
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write(header); err != nil {
		return err
	}
	err := l.Each(ctx, by, f, func(e Entry) error {
		cells := []string{
			e.At.Format(time.RFC3339Nano), e.ID.String(), e.Actor, e.ActorKind, e.Via, e.Action, e.Target, e.Name, e.Account, e.Group, e.Application, e.User,
			e.Reason, string(e.Before), string(e.After), e.BeforeSHA, e.AfterSHA, e.Request, e.Address, e.Hash, e.AccountHash,
		}
		for i := range cells {
			cells[i] = Harmless(cells[i])
		}
		return w.Write(cells)
	})
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

// Harmless keeps a spreadsheet from taking a cell for a formula: one that begins
// like a formula gets an apostrophe in front
// (https://owasp.org/www-community/attacks/CSV_Injection).
func Harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
