package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Caller says for whom a request acts, in opaque words. Both are "" for a
// request without identity.
type Caller struct {
	Principal string // keys of Idempotency-Key are kept per principal
	Tenant    string // cursors open for the tenant they were made for
}

// Config is what an API needs. Everything but Title and Version may be left out;
// without Keys there are no cursors, without Keys and DB no idempotency keys.
type Config struct {
	Title       string
	Version     string
	Description string
	Servers     []string // public base URLs, for the description
	Cookie      string   // name of the session cookie, for the description

	Keys      *secret.Keyring
	DB        *store.DB
	Catalogue *Catalogue

	// Gate runs before anything of the request is parsed. It authenticates,
	// may refuse, and returns the context for the operation. Nil lets all in.
	Gate func(r *http.Request, op Operation) (context.Context, error)
	// Caller tells whom the context that Gate returned belongs to.
	Caller func(ctx context.Context) Caller

	MaxBody int64 // bytes of a request body; 0 means 1 MiB
}

// API is a set of typed operations on one standard mux, and their description.
type API struct {
	cfg  Config
	mux  *http.ServeMux
	huma huma.API

	mu       sync.Mutex
	ops      []registered
	document []byte
	owner    string // the slice whose operation is being mounted
}

// Mux is what a slice mounts its operations on.
type Mux = *API

type registered struct {
	op   Operation
	huma *huma.Operation
}

const defaultMaxBody = 1 << 20

// New makes an empty API. It serves its description at /openapi.json and the
// catalogue of errors at /docs/errors.
func New(cfg Config) *API {
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = defaultMaxBody
	}
	if cfg.Catalogue == nil {
		cfg.Catalogue = &Catalogue{}
	}
	cfg.Catalogue.Declare(Declared()...)
	a := &API{cfg: cfg, mux: http.NewServeMux()}
	a.huma = humago.New(a.mux, a.humaConfig())
	a.HandleFunc("GET /openapi.json", a.serveDocument)
	a.HandleFunc("GET "+ErrorDocs, cfg.Catalogue.ServeHTTP)
	return a
}

func (a *API) humaConfig() huma.Config {
	c := huma.DefaultConfig(a.cfg.Title, a.cfg.Version)
	c.Info.Description = a.cfg.Description
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema links in answers
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.RejectUnknownQueryParameters = true
	// huma's own error constructors are package variables. Changing them would
	// reach into every other user of huma in the process, so its error model is
	// turned into ours on the way out instead.
	c.Transformers = []huma.Transformer{translate}
	for _, s := range a.cfg.Servers {
		c.Servers = append(c.Servers, &huma.Server{URL: s})
	}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", a.schemaName)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A token in the Authorization header."},
	}
	if a.cfg.Cookie != "" {
		c.Components.SecuritySchemes["session"] = &huma.SecurityScheme{Type: "apiKey", In: "cookie",
			Name: a.cfg.Cookie, Description: "The session of a signed-in person."}
	}
	c.Components.Schemas.Map()["Problem"] = problemSchema()
	return c
}

// Handle mounts a plain handler under a pattern of http.ServeMux. Neither Gate
// nor the checks of typed operations apply to it.
func (a *API) Handle(pattern string, h http.Handler) { a.mux.Handle(pattern, h) }

// HandleFunc is Handle for a function.
func (a *API) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	a.mux.HandleFunc(pattern, h)
}

// Catalogue returns the catalogue that codes are declared in.
func (a *API) Catalogue() *Catalogue { return a.cfg.Catalogue }

// ServeHTTP serves one request. Paths that a mux would clean are refused: an
// answer under another name than the one asked for confuses whoever decided by
// the path before us.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !cleanPath(r.URL) {
		WriteProblem(w, r, problem.NotFound("page"))
		return
	}
	h, pattern := a.mux.Handler(r)
	if pattern == "" {
		a.refuse(w, r, h)
		return
	}
	From(r.Context()).SetRoute(pattern)
	if !strings.Contains(pattern, "{") { // nothing of the path is to be taken apart
		h.ServeHTTP(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// refuse turns the mux's plain-text 404 and 405 into problems.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, h http.Handler) {
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		WriteProblem(w, r, problem.NotFound("page"))
		return
	}
	w.Header().Set("Allow", probe.header.Get("Allow"))
	WriteProblem(w, r, problem.Invalid("method_not_allowed", "This address does not answer to that method."))
}

// probe learns what a handler would answer.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request) {
	b, err := a.OpenAPI()
	if err != nil {
		WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	ServeTagged(w, r, b)
}

// OpenAPI returns the description, computed once after the last operation was
// mounted. It fails when an operation lists a code that nobody declared.
func (a *API) OpenAPI() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.document != nil {
		return a.document, nil
	}
	for _, reg := range a.ops {
		if err := a.describeErrors(reg); err != nil {
			return nil, err
		}
	}
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own; never sent
	delete(schemas, "ErrorDetail")
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, problem.Internal("describe the api", err)
	}
	a.document = append(b, '\n')
	return a.document, nil
}

// Operations returns what was mounted, in order.
func (a *API) Operations() []Operation {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Operation, len(a.ops))
	for i := range a.ops {
		out[i] = a.ops[i].op
	}
	return out
}
