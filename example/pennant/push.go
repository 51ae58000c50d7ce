package pennant

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/client/snapshot"
)

// pushed is everything that an environment says, for software that decides by itself.
type pushed struct {
	Project     string                `json:"project"`
	Environment string                `json:"environment"`
	Version     int64                 `json:"version"`
	Flags       map[string]pushedFlag `json:"flags"`
	Segments    map[string]*Segment   `json:"segments"`
}

type pushedFlag struct {
	Kind       string      `json:"kind"`
	Variations []Variation `json:"variations"`
	FlagStateFields
}

// Push gives Guestright what each environment says, after each change, until ctx ends. What was given is noted by the number
// of the account's last event, so that nothing is missed after a restart.
func (s *Server) Push(ctx context.Context, to Feed) {
	if to.Every <= 0 {
		to.Every = 250 * time.Millisecond
	}
	if to.HTTP == nil {
		to.HTTP = &http.Client{Timeout: 30 * time.Second}
	}
	c := &snapshot.Client{URL: to.URL, Token: to.Key, HTTP: to.HTTP}
	tick := time.NewTicker(to.Every)
	defer tick.Stop()
	for {
		// What fails is tried again with the next tick.
		_ = s.pushAll(ctx, c)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) pushAll(ctx context.Context, c *snapshot.Client) error {
	rows, err := s.store.db.QueryContext(ctx, `SELECT e.account, MAX(e.seq), COALESCE(p.seq, 0) FROM event AS e LEFT JOIN pushed AS p ON p.account = e.account
		GROUP BY e.account, p.seq HAVING MAX(e.seq) > COALESCE(p.seq, 0)`)
	if err != nil {
		return fmt.Errorf("pennant: looking for changes: %w", err)
	}
	type span struct{ from, to int64 }
	behind := map[string]span{}
	for rows.Next() {
		var account string
		var at span
		if err := rows.Scan(&account, &at.to, &at.from); err != nil {
			_ = rows.Close()
			return fmt.Errorf("pennant: looking for changes: %w", err)
		}
		behind[account] = at
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("pennant: looking for changes: %w", err)
	}
	var failed error
	for account, at := range behind {
		if err := s.pushAccount(ctx, c, account, at.from, at.to); err != nil {
			failed = err // the others do not wait for it
			continue
		}
		err := s.store.note(ctx, `INSERT INTO pushed (account, seq) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET seq = excluded.seq`, account, at.to)
		if err != nil {
			return fmt.Errorf("pennant: noting what was pushed: %w", err)
		}
	}
	return failed
}

// pushAccount pushes the environments that the events of a span are about.
func (s *Server) pushAccount(ctx context.Context, c *snapshot.Client, account string, from, to int64) error {
	now := s.store.read(ctx, account)
	touched := map[place]bool{}
	for at := from; at < to; {
		found, err := now.events(filter{after: at, limit: feedMost})
		if err != nil {
			return err
		}
		for _, e := range found {
			if err := now.environments(e.Resource, touched); err != nil {
				return err
			}
			if _, err := fmt.Sscan(e.ID, &at); err != nil {
				return fmt.Errorf("pennant: the number of an event: %w", err)
			}
		}
		if len(found) == 0 {
			break
		}
	}
	for at := range touched {
		data, err := now.snapshot(at, to)
		switch {
		case isNotFound(err):
			err = c.Forget(ctx, account, at.path())
		case err == nil:
			_, err = c.Put(ctx, snapshot.Snapshot{AccountKey: account, Resource: at.path(), Version: to, Data: data})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// environments adds those that a change of a resource is a change of.
func (s *scope) environments(resource string, to map[place]bool) error {
	steps := strings.Split(resource, ":")
	project, ok := strings.CutPrefix(steps[0], kindProject+"/")
	if !ok {
		return nil
	}
	in := kindProject + "/" + project
	if len(steps) > 1 {
		if key, is := strings.CutPrefix(steps[1], kindEnvironment+"/"); is {
			to[place{kind: kindEnvironment, parent: in, key: key}] = true
			return nil
		}
	}
	all, _, err := list[Environment](s, place{kind: kindEnvironment, parent: in}, page{})
	for _, e := range all {
		to[e.place()] = true
	}
	return err
}

// snapshot is the whole data of an environment.
func (s *scope) snapshot(at place, version int64) (json.RawMessage, error) {
	env, err := get[Environment](s, at)
	if err != nil {
		return nil, err
	}
	out := pushed{Project: env.Project, Environment: env.Key, Version: version, Flags: map[string]pushedFlag{}, Segments: map[string]*Segment{}}
	flags, _, err := list[Flag](s, place{kind: kindFlag, parent: at.parent}, page{})
	if err != nil {
		return nil, err
	}
	states, _, err := list[FlagState](s, place{kind: kindState, parent: at.path()}, page{})
	if err != nil {
		return nil, err
	}
	segments, _, err := list[Segment](s, place{kind: kindSegment, parent: at.path()}, page{})
	if err != nil {
		return nil, err
	}
	of := map[string]FlagStateFields{}
	for _, st := range states {
		of[st.Flag] = st.FlagStateFields
	}
	for _, f := range flags {
		if st, ok := of[f.Key]; ok {
			out.Flags[f.Key] = pushedFlag{Kind: f.Kind, Variations: f.Variations, FlagStateFields: st}
		}
	}
	for _, g := range segments {
		out.Segments[g.Key] = g
	}
	return json.Marshal(out)
}
