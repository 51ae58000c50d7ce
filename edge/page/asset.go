package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// AssetPath is where Assets is mounted; every address that Asset returns starts with it.
const AssetPath = "/assets/"

//go:embed assets/served
var served embed.FS

type asset struct {
	url   string
	kind  string
	plain []byte
	small []byte // gzip; nil where the format is already compressed
}

// shelf is filled once per process. Files stand under their own name ("app.css") for Asset and
// under their hashed name for Assets.
var shelf = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	entries, err := served.ReadDir("assets/served")
	if err != nil {
		return all // cannot happen: the folder is compiled in
	}
	var sheets []string
	for _, e := range entries {
		if path.Ext(e.Name()) == ".css" {
			sheets = append(sheets, e.Name())
			continue
		}
		shelve(all, e.Name(), content(e.Name()))
	}
	// Stylesheets come last: they name fonts, whose addresses carry hashes by now.
	for _, name := range sheets {
		body := content(name)
		for _, e := range entries {
			body = bytes.ReplaceAll(body, []byte("url("+e.Name()+")"), []byte("url("+all[e.Name()].url+")"))
		}
		shelve(all, name, body)
	}
	return all
})

func content(name string) []byte {
	body, err := served.ReadFile("assets/served/" + name)
	if err != nil {
		return nil // cannot happen: the name came from the same folder
	}
	return body
}

func shelve(all map[string]asset, name string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
	a := asset{url: AssetPath + hashed, kind: assetKind(ext), plain: body}
	if ext != ".woff2" {
		a.small = squeeze(body)
	}
	all[name] = a
	all[hashed] = a
}

func squeeze(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(body); err != nil {
		return nil
	}
	if err := z.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

func assetKind(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	return "application/octet-stream"
}

// Asset returns the address of a served file such as "app.css". The name in the address holds a
// hash of the content, so the answer may be cached for ever. An unknown name gives "".
func Asset(name string) string {
	return shelf()[name].url
}

// Assets serves the vendored files under AssetPath. Only hashed names answer, so that an address
// never changes its content; everything else is 404.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		a, ok := shelf()[strings.TrimPrefix(r.URL.Path, AssetPath)]
		if !ok || a.url != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		body := a.plain
		if a.small != nil {
			h.Set("Vary", "Accept-Encoding")
			if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				h.Set("Content-Encoding", "gzip")
				body = a.small
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodHead {
			return
		}
		w.Write(body) //nolint:errcheck // the reader went away; there is nobody left to tell
	})
}
