package lint

import (
	"embed"
	"errors"
	"io/fs"
	"strings"

	"github.com/guestright/guestright/manifest/schema"
)

//go:embed scaffold
var scaffold embed.FS

// ErrKey says that a name cannot be an integration's key.
var ErrKey = errors.New("use small letters and digits, with single dashes or dots between")

// Scaffold gives the files of a new integration by their names: a manifest that
// lint has nothing to say about, and its schema for editors. Error: ErrKey.
func Scaffold(key string) (map[string][]byte, error) {
	if !keyForm.MatchString(key) {
		return nil, ErrKey
	}
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' {
			return ' '
		}
		return r
	}, key)
	name = strings.ToUpper(name[:1]) + name[1:]
	if len(name) < 3 {
		name += " integration"
	}
	if len(name) > 60 {
		name = name[:60]
	}
	out := map[string][]byte{"manifest.schema.json": schema.Native()}
	err := fs.WalkDir(scaffold, "scaffold", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(scaffold, path)
		out[strings.TrimPrefix(path, "scaffold/")] = []byte(strings.ReplaceAll(string(data), "NAME", name))
		return err
	})
	return out, err
}
