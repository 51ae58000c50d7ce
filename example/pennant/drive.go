package pennant

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/guestright/guestright/client/host"
)

// driven is what a driver of Pennant's is asked to do, with what the customer filled in for it.
type driven struct {
	Driver string `json:"driver"`
	Values struct {
		Token        string `json:"gitarToken"`
		Organization string `json:"githubOrgName"`
	} `json:"values"`
}

// drive takes the last variations off a flag that no environment gives out any more; two stay. Done twice, it is no harm.
// (Gitar itself, which would clean up the code, is not called by this example.)
func (s *Server) drive(ctx context.Context, t host.Task) (any, error) {
	var d driven
	if err := json.Unmarshal(t.Data, &d); err != nil {
		return nil, host.Refuse("The task can't be read.")
	}
	if d.Driver != "gitar" {
		return nil, host.Refuse("Pennant has no such driver.")
	}
	if d.Values.Token == "" {
		return nil, host.Refuse("There is no key of Gitar's.")
	}
	project, key, ok := strings.Cut(strings.TrimPrefix(t.Subject, kindProject+"/"), ":"+kindFlag+"/")
	if !ok || strings.ContainsAny(project+key, ":/") {
		return nil, host.Refuse("Only a flag is cleaned up.")
	}
	removed := 0
	err := s.store.write(ctx, t.AccountKey, Actor{Kind: "system", Name: "Gitar for " + d.Values.Organization}, func(sc *scope) error {
		was, err := get[Flag](sc, (&Flag{Project: project, Key: key}).place())
		if err != nil {
			return err
		}
		states, err := sc.states(was)
		if err != nil {
			return err
		}
		stay := 2
		for _, st := range states {
			stay = max(stay, st.highest()+1)
		}
		if removed = max(len(was.Variations)-stay, 0); removed == 0 {
			return nil
		}
		is := *was
		is.Variations = is.Variations[:stay:stay]
		if err := sc.update(&is); err != nil {
			return err
		}
		return sc.record(change{kind: "flag.updated", resource: is.place().path(), before: was, after: &is, comment: "Nobody gets these variations."})
	})
	var refused *failure
	switch {
	case isNotFound(err):
		return nil, host.Refuse("There is no such flag any more.")
	case errors.As(err, &refused):
		return nil, host.Refuse(refused.Detail)
	case err != nil:
		return nil, err
	}
	return map[string]int{"removed": removed}, nil
}
