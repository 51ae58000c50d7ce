package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/guestright/guestright/kit/problem"
)

const maxDocument = 64 << 20 // bytes of one OpenAPI file

// Set is the product's OpenAPI documents, read together as one product.
type Set struct {
	Documents []Document
	Notes     []string // what had to be mended to read a file that breaks the standard
	digest    string   // of every file that was read, including those only referred to
}

// Document is one OpenAPI file.
type Document struct {
	Name string // path inside the set
	Spec *openapi3.T
}

// Load reads the documents that the patterns name (as in path.Match) from fsys. References may lead to other files of
// fsys and nowhere else: addresses, `file:` references and paths that leave fsys are errors.
func Load(fsys fs.FS, patterns ...string) (Set, error) {
	var names []string
	for _, p := range patterns {
		found, err := fs.Glob(fsys, strings.TrimPrefix(p, "./"))
		if err != nil || len(found) == 0 {
			return Set{}, problem.Invalid("catalog.document", "No OpenAPI file fits the pattern "+p+".").Because(err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return (&fileReader{fsys: fsys, seen: map[string][]byte{}}).load(names)
}

// Parse reads a single document that refers to no other file.
func Parse(name string, data []byte) (Set, error) {
	return (&fileReader{seen: map[string][]byte{name: data}}).load([]string{name})
}

func (r *fileReader) load(names []string) (Set, error) {
	var set Set
	for _, name := range names {
		spec, err := r.document(name)
		if err != nil {
			if mended, notes := repair(r.seen[name]); mended != nil {
				r.mended = map[string][]byte{name: mended}
				spec, err = r.document(name)
				r.mended = nil
				for _, n := range notes {
					set.Notes = append(set.Notes, name+": "+n)
				}
			}
		}
		if err != nil {
			return Set{}, problem.Invalid("catalog.document", "The OpenAPI file "+name+" cannot be read: "+lastWords(err)).Because(err)
		}
		if !strings.HasPrefix(spec.OpenAPI, "3.0") && !strings.HasPrefix(spec.OpenAPI, "3.1") {
			return Set{}, problem.Invalid("catalog.document", "The file "+name+" is not an OpenAPI 3.0 or 3.1 document.")
		}
		set.Documents = append(set.Documents, Document{Name: name, Spec: spec})
	}
	set.digest = r.digest()
	return set, nil
}

func (r *fileReader) document(name string) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = r.read
	return loader.LoadFromURI(&url.URL{Path: name})
}

// lastWords keeps an error of the loader to one readable line.
func lastWords(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}

// fileReader is the only way by which the loader gets at content.
type fileReader struct {
	fsys fs.FS // nil: nothing but what is in seen
	seen map[string][]byte
	// mended replaces files that had to be repaired while they are loaded.
	mended map[string][]byte
}

func (r *fileReader) read(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
	if at.Scheme != "" || at.Host != "" || at.Opaque != "" || at.User != nil {
		return nil, errors.New("a reference leads outside the imported files")
	}
	name := path.Clean(at.Path)
	if !fs.ValidPath(name) {
		return nil, errors.New("a reference leads outside the imported files")
	}
	if data, ok := r.mended[name]; ok {
		return data, nil
	}
	if data, ok := r.seen[name]; ok {
		return data, nil
	}
	if r.fsys == nil {
		return nil, errors.New("a reference leads outside the imported files")
	}
	info, err := fs.Stat(r.fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxDocument {
		return nil, errors.New("an OpenAPI file is a regular file of at most 64 MiB")
	}
	data, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return nil, err
	}
	r.seen[name] = data
	return data, nil
}

func (r *fileReader) digest() string {
	names := make([]string, 0, len(r.seen))
	for n := range r.seen {
		names = append(names, n)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, n := range names {
		sum := sha256.Sum256(r.seen[n])
		h.Write([]byte(n))
		h.Write([]byte{0})
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// raw is one operation of the set before anything is decided about it.
type raw struct {
	id       string
	key      string // "METHOD /path" as in the document
	method   string
	path     string
	doc      *Document
	item     *openapi3.PathItem
	op       *openapi3.Operation
	security openapi3.SecurityRequirements
	bases    []string
}

// methods that OpenAPI 3.0 and 3.1 know.
var methods = []string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}

// operations lists every operation in a stable order. An operationId that stands twice identifies neither, so both go by
// "METHOD /path".
func (s Set) operations(file File) ([]raw, error) {
	var out []raw
	count := map[string]int{}
	for i := range s.Documents {
		d := &s.Documents[i]
		if d.Spec.Paths == nil {
			continue
		}
		for p, item := range d.Spec.Paths.Map() {
			for _, m := range methods {
				op := item.GetOperation(m)
				if op == nil {
					continue
				}
				r := raw{id: op.OperationID, key: m + " " + p, method: m, path: p, doc: d, item: item, op: op, security: d.Spec.Security}
				if op.Security != nil {
					r.security = *op.Security
				}
				bases, err := r.basePaths(file.Product.BasePath)
				if err != nil {
					return nil, err
				}
				r.bases = bases
				count[r.id]++
				out = append(out, r)
			}
		}
	}
	for i := range out {
		if out[i].id == "" || count[out[i].id] > 1 {
			out[i].id = out[i].key
		}
	}
	slices.SortFunc(out, func(a, b raw) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.method, b.method), strings.Compare(a.doc.Name, b.doc.Name))
	})
	return out, nil
}

// basePaths lists the paths of the servers that apply: those of the operation, else of the path, else of the document.
func (r raw) basePaths(override string) ([]string, error) {
	if override != "" {
		return []string{strings.TrimSuffix(override, "/")}, nil
	}
	servers := r.doc.Spec.Servers
	if len(r.item.Servers) > 0 {
		servers = r.item.Servers
	}
	if r.op.Servers != nil && len(*r.op.Servers) > 0 {
		servers = *r.op.Servers
	}
	var out []string
	for _, s := range servers {
		if s == nil {
			continue
		}
		base, err := serverPath(s)
		if err != nil {
			return nil, problem.Invalid("catalog.document", "A server address of "+r.doc.Name+" cannot be read; set product.base_path.").Because(err)
		}
		if !slices.Contains(out, base) {
			out = append(out, base)
		}
	}
	if len(out) == 0 {
		out = []string{""}
	}
	return out, nil
}

// serverPath is the path of a server address with the variables' defaults filled in, without a slash at the end.
func serverPath(s *openapi3.Server) (string, error) {
	text := s.URL
	for name, v := range s.Variables {
		if v != nil {
			text = strings.ReplaceAll(text, "{"+name+"}", v.Default)
		}
	}
	if _, rest, ok := strings.Cut(text, "://"); ok {
		_, after, found := strings.Cut(rest, "/")
		if !found {
			return "", nil
		}
		text = "/" + after
	}
	if strings.ContainsAny(text, "{}?#") {
		return "", errors.New("the path of a server address still has variables, a query or a fragment")
	}
	base := strings.TrimRight(text, "/")
	if base != "" && base[0] != '/' {
		base = "/" + base
	}
	return base, nil
}
