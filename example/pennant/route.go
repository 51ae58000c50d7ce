package pennant

import (
	"net/http"

	"github.com/guestright/guestright/client/identity"
)

// prefix stands before every path of the table; the account key is part of it.
const prefix = "/api/v1/accounts/{accountKey}"

type route struct {
	method, path string
	do           func(*call) (reply, error)
}

// table is the API except for the stream. A test holds it against openapi.yaml.
func table() []route {
	const (
		project     = "/projects/{projectKey}"
		environment = project + "/environments/{environmentKey}"
	)
	return []route{
		{method: "GET", path: "", do: getAccount},
		{method: "GET", path: "/projects", do: listProjects},
		{method: "POST", path: "/projects", do: createProject},
		{method: "GET", path: project, do: getProject},
		{method: "PATCH", path: project, do: updateProject},
		{method: "DELETE", path: project, do: deleteProject},
		{method: "GET", path: project + "/environments", do: listEnvironments},
		{method: "POST", path: project + "/environments", do: createEnvironment},
		{method: "GET", path: environment, do: getEnvironment},
		{method: "PATCH", path: environment, do: updateEnvironment},
		{method: "DELETE", path: environment, do: deleteEnvironment},
		{method: "GET", path: project + "/flags", do: listFlags},
		{method: "POST", path: project + "/flags", do: createFlag},
		{method: "GET", path: project + "/flags/{flagKey}", do: getFlag},
		{method: "PATCH", path: project + "/flags/{flagKey}", do: updateFlag},
		{method: "DELETE", path: project + "/flags/{flagKey}", do: deleteFlag},
		{method: "GET", path: environment + "/flags", do: listFlagStates},
		{method: "GET", path: environment + "/flags/{flagKey}", do: getFlagState},
		{method: "PATCH", path: environment + "/flags/{flagKey}", do: updateFlagState},
		{method: "POST", path: environment + "/evaluate", do: evaluate},
		{method: "GET", path: environment + "/segments", do: listSegments},
		{method: "POST", path: environment + "/segments", do: createSegment},
		{method: "GET", path: environment + "/segments/{segmentKey}", do: getSegment},
		{method: "PATCH", path: environment + "/segments/{segmentKey}", do: updateSegment},
		{method: "DELETE", path: environment + "/segments/{segmentKey}", do: deleteSegment},
		{method: "GET", path: "/members", do: listMembers},
		{method: "GET", path: "/members/{memberKey}", do: getMember},
		{method: "PATCH", path: "/members/{memberKey}", do: updateMember},
		{method: "GET", path: "/roles", do: listRoles},
		{method: "POST", path: "/roles", do: createRole},
		{method: "GET", path: "/events", do: listEvents},
	}
}

func (s *Server) routes() http.Handler {
	api := http.NewServeMux()
	for _, r := range table() {
		api.HandleFunc(r.method+" "+prefix+r.path, s.serve(r.do))
	}
	api.HandleFunc("GET "+prefix+"/stream", func(w http.ResponseWriter, r *http.Request) {
		c, err := s.call(r)
		if err == nil {
			err = s.stream(w, c)
		}
		if err != nil {
			refuse(w, r, err)
		}
	})
	all := http.NewServeMux()
	all.Handle("/api/", s.verifier.Middleware(plainErrors(api)))
	all.HandleFunc("POST /guestright/hooks", s.hook)
	all.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(OpenAPI()) // the connection may be gone
	})
	all.HandleFunc("GET /healthz", s.health)
	return plainErrors(all)
}

func (s *Server) serve(do func(*call) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.call(r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		out, err := do(c)
		if err != nil {
			refuse(w, r, err)
			return
		}
		c.answer(w, out)
	}
}

// call checks that the request stays in the account it was vouched for. Another account answers like one that doesn't
// exist.
func (s *Server) call(r *http.Request) (*call, error) {
	id, ok := identity.From(r.Context())
	if !ok || id.Account != r.PathValue("accountKey") {
		return nil, notFound()
	}
	c := &call{s: s, r: r, id: id, account: id.Account}
	return c, parent[Account](c.read(), place{kind: kindAccount, key: id.Account})
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if err := s.store.db.PingContext(r.Context()); err != nil {
		refuse(w, r, &failure{Status: http.StatusServiceUnavailable, Code: "database", Detail: "The database can't be reached."})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// plainErrors gives requests that match no route the same shape of answer as all others.
func plainErrors(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		seen := &statusOnly{header: http.Header{}}
		mux.ServeHTTP(seen, r)
		if seen.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", seen.header.Get("Allow"))
			refuse(w, r, &failure{Status: seen.status, Code: "method", Detail: "This address doesn't know that method."})
			return
		}
		refuse(w, r, notFound())
	})
}

// statusOnly keeps the status and headers of an answer and drops the rest.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
