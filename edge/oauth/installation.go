package oauth

import "net/http"

// installation tells an application, by its token, where it is installed.
func (s *Server) installation(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		fail(w, r, false, malformed("method_not_allowed", "Use GET."))
		return
	}
	b, err := s.bearer(r)
	if err != nil {
		s.challenge(w, r, err)
		return
	}
	got, err := s.Authorizations.Details(r.Context(), b)
	if err != nil {
		s.challenge(w, r, err)
		return
	}
	write(w, http.StatusOK, got)
}
