package board

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"slices"
	"sync"

	"github.com/guestright/guestright/client/webhook"
)

//go:embed package
var files embed.FS

// Package is the integration's package, as a release has it.
func Package() (fs.FS, error) { return fs.Sub(files, "package") }

// Note is one on the board.
type Note struct {
	ID    string `json:"-"`
	Text  string `json:"text"`
	Where string `json:"where"`
	At    int64  `json:"at"` // Unix seconds
}

// notesMost is how many notes hang on the board.
const notesMost = 100

// Board takes signed notes and keeps the latest.
type Board struct {
	verifier *webhook.Verifier

	mu    sync.Mutex
	notes []Note
}

// New makes a board whose notes are signed with a secret. Now may be nil.
func New(v *webhook.Verifier) *Board { return &Board{verifier: v} }

// Handler takes notes at POST /notes. A note that comes twice hangs there once.
func (b *Board) Handler() http.Handler {
	return b.verifier.Handler(func(_ context.Context, m webhook.Message) error {
		n := Note{ID: m.ID}
		if err := json.Unmarshal(m.Body, &n); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if slices.ContainsFunc(b.notes, func(have Note) bool { return have.ID == n.ID }) {
			return nil
		}
		b.notes = append([]Note{n}, b.notes[:min(len(b.notes), notesMost-1)]...)
		return nil
	})
}

// Notes are those on the board, the latest first.
func (b *Board) Notes() []Note {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Note{}, b.notes...)
}
