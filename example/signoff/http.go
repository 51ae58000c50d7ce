package signoff

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
)

// answer is what Guestright reads.
type answer struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Words string `json:"words"`
}

var words = map[State]string{Asked: "Nobody has decided yet", Approved: "Somebody said yes", Declined: "Somebody said no", Applied: "Done", Withdrawn: "Withdrawn"}

// Words says a state in words.
func (s State) Words() string { return words[s] }

const bodyMost = 64 << 10

// Handler serves what Guestright calls.
func (o *Office) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /approvals", func(w http.ResponseWriter, r *http.Request) {
		var in Request
		if read(w, r, &in) {
			o.say(w, http.StatusCreated, o.ask(in), nil)
		}
	})
	mux.HandleFunc("GET /approvals/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, one := range o.Requests() {
			if one.ID == r.PathValue("id") {
				o.say(w, http.StatusOK, one, nil)
				return
			}
		}
		o.say(w, 0, Request{}, errUnknown)
	})
	mux.HandleFunc("POST /approvals/{id}/applied", func(w http.ResponseWriter, r *http.Request) {
		one, err := o.move(r.PathValue("id"), Applied, Approved)
		o.say(w, http.StatusOK, one, err)
	})
	mux.HandleFunc("DELETE /approvals/{id}", func(w http.ResponseWriter, r *http.Request) {
		one, err := o.move(r.PathValue("id"), Withdrawn, Asked, Approved)
		o.say(w, http.StatusOK, one, err)
	})
	mux.HandleFunc("GET /people", func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, map[string]any{"people": append([]Person{}, o.People...)})
	})
	mux.HandleFunc("POST /questions", func(w http.ResponseWriter, r *http.Request) {
		var in Question
		if read(w, r, &in) {
			o.question(in)
			w.WriteHeader(http.StatusNoContent)
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.Token == "" || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+o.Token)) != 1 {
			http.Error(w, "Show the token of Sign-off.", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMost)).Decode(into); err != nil {
		http.Error(w, "This cannot be read.", http.StatusBadRequest)
		return false
	}
	return true
}

func (o *Office) say(w http.ResponseWriter, status int, r Request, err error) {
	switch err {
	case nil:
		write(w, status, answer{r.ID, r.State, r.State.Words()})
	case errUnknown:
		http.Error(w, err.Error(), http.StatusNotFound)
	default:
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
