package approval

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// theirs is the partner's id of the person who asks; "" when its list does not name
// them, or cannot be had. A list that was never fetched is fetched first.
func (s *Service) theirs(ctx context.Context, q asking) (string, error) {
	if q.in.Package.Manifest.ChangeApproval.Calls.Directory == nil {
		return "", nil
	}
	var d Directory
	load := func(tx *store.Tx) error {
		all, err := s.scopes(tx, q.in)
		if err != nil {
			return err
		}
		one, _ := narrowest(all, q.a.Subject)
		d, err = directory(tx, q.in.Configuration, one.Scope)
		return err
	}
	if err := s.DB.Read(ctx, load); err != nil {
		return "", err
	}
	if d.Fetched.IsZero() && d.Fault == "" {
		if err := s.fetch(ctx, directoryArgs{Configuration: d.Configuration, Scope: d.Scope}); err != nil {
			return "", err
		}
		if err := s.DB.Read(ctx, load); err != nil {
			return "", err
		}
	}
	return d.of(q.a.Requester.Email), nil
}

// fetch asks the partner for its members. When it does not answer, the list stays as
// it was.
func (s *Service) fetch(ctx context.Context, of directoryArgs) error {
	var in capability.Instance
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		d, err := directory(tx, of.Configuration, of.Scope)
		if err == nil && d.next.After(tx.Now()) {
			err = problem.NotFound("directory") // another has just fetched it
		}
		if err != nil {
			return err
		}
		if in, err = s.Configurations.Instance(tx, of.Configuration, Name); err != nil {
			return err
		}
		all, err := s.scopes(tx, in)
		if err != nil {
			return err
		}
		var one Scope
		for _, have := range all {
			if have.Scope == of.Scope {
				one = have
			}
		}
		return within(&in, one)
	})
	switch problem.CodeOf(err) {
	case "not_found":
		return nil
	case "capability_off", "approval_scope_missing":
		return s.DB.Write(ctx, func(tx *store.Tx) error { return restDirectory(tx, of) })
	}
	if err != nil {
		return err
	}
	g := in.Given
	g.ID, g.Time, g.Nonce = ident.New[Call](s.DB.Now()).String(), s.DB.Now(), rand.Text()
	call, there, err := in.Package.Set.Directory(g)
	if err == nil && !there {
		return nil
	}
	var found map[string]string
	if err == nil {
		req := capability.Request(call)
		req.Timeout, req.MaxBody = callWithin, directoryMost
		v, bad := answered(s.Client.Do(ctx, req))
		if err = bad; err == nil {
			found, err = members(in.Package.Manifest.ChangeApproval.Calls.Directory.Parser, v)
		}
	}
	return s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		d, load := directory(tx, of.Configuration, of.Scope)
		if load != nil {
			return load
		}
		switch why, _ := unmade(err); {
		case err == nil:
			d.read(tx.Now(), found)
		case why != "":
			d.fails(tx.Now(), why)
		default:
			d.fails(tx.Now(), sentence(err))
		}
		return saveDirectory(tx, d)
	})
}

// expect has the lists of a configuration fetched, now and every four hours.
func (s *Service) expect(tx *store.Tx, in capability.Instance) error {
	if in.Package.Manifest.ChangeApproval.Calls.Directory == nil {
		return nil
	}
	names := []string{""}
	if len(in.Package.Manifest.ChangeApproval.Forms.Scope) > 0 {
		names = nil
		rows, err := sealedScopes(tx, in.Configuration)
		if err != nil {
			return err
		}
		for _, r := range rows {
			names = append(names, r.Scope)
		}
	}
	for _, name := range names {
		if err := s.expectOne(tx, in.Configuration, name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) expectOne(tx *store.Tx, configuration, scope string) error {
	d, err := directory(tx, configuration, scope)
	if err != nil {
		return err
	}
	d.next, d.Fault = tx.Now(), ""
	if err := saveDirectory(tx, d); err != nil {
		return err
	}
	return directoryJob.Add(tx, directoryArgs{Configuration: configuration, Scope: scope}, directoryOptions(configuration, scope, time.Time{}))
}
