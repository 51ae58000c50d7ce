package pennant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/client/host"
)

// Synced is a segment's tie to a collection that a partner keeps.
type Synced struct {
	Cohort      string `json:"cohort"`      // id at Guestright
	Integration string `json:"integration"` // key of the integration
	Version     int64  `json:"version"`     // of the members that are here
	Members     int64  `json:"members"`
	URL         string `json:"url,omitempty"` // at the partner's
	Ended       bool   `json:"ended,omitempty"`
}

// synced is what a task membership.change says.
type synced struct {
	Cohort  string         `json:"cohort"`
	Name    string         `json:"name"`
	URL     string         `json:"url"`
	Since   int64          `json:"since"`
	Version int64          `json:"version"`
	Members int64          `json:"members"`
	Whole   bool           `json:"whole"`
	Ended   bool           `json:"ended"`
	Changes []syncedMember `json:"changes"`
	By      struct {
		Key          string `json:"key"`
		UserKey      string `json:"user_key"`
		Name         string `json:"name"`
		Application  string `json:"application"`
		Installation string `json:"installation"`
	} `json:"integration"`
}

type syncedMember struct {
	ID string `json:"id"`
	In bool   `json:"in"`
}

// sync fills a segment as a partner says. What the task does not carry is read page by page; a task that was overtaken
// changes nothing.
func (s *Server) sync(ctx context.Context, from Feed, t host.Task) (any, error) {
	var in synced
	if err := json.Unmarshal(t.Data, &in); err != nil {
		return nil, host.Refuse("The task can't be read.")
	}
	at, ok := segmentOf(t.Subject)
	if !ok {
		return nil, host.Refuse("Only a segment in an environment is filled.")
	}
	actor := Actor{Kind: "integration", Key: in.By.UserKey, Name: in.By.Name, Application: in.By.Application, Installation: in.By.Installation}
	is, err := get[Segment](s.store.read(ctx, t.AccountKey), at)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	known := int64(0) // what is here of this cohort
	if is != nil && is.Synced != nil && is.Synced.Cohort == in.Cohort {
		known = is.Synced.Version
	}
	changes := in.Changes
	if !in.Ended && known < in.Version && (!in.Whole || known != in.Since) {
		if changes, err = from.members(ctx, in.Cohort, known); err != nil {
			return nil, err
		}
	}
	err = s.store.write(ctx, t.AccountKey, actor, func(sc *scope) error { return sc.syncSegment(at, in, known, changes) })
	var refused *failure
	if errors.As(err, &refused) {
		return nil, host.Refuse(refused.Detail)
	}
	return map[string]int{"changes": len(changes)}, err
}

// syncSegment writes what a task brings.
func (s *scope) syncSegment(at place, in synced, known int64, changes []syncedMember) error {
	was, err := get[Segment](s, at)
	fresh := isNotFound(err)
	if err != nil && !fresh {
		return err
	}
	var g Segment
	if fresh {
		if in.Ended {
			return nil
		}
		environment := strings.Split(at.parent, ":")
		g = Segment{Project: strings.TrimPrefix(environment[0], kindProject+"/"), Environment: strings.TrimPrefix(environment[1], kindEnvironment+"/"), Key: at.key}
		if err := parent[Environment](s, place{kind: kindEnvironment, parent: environment[0], key: g.Environment}); err != nil {
			return err
		}
	} else {
		g = *was
	}
	mine := g.Synced != nil && g.Synced.Cohort == in.Cohort
	switch {
	case in.Ended && !mine, mine && g.Synced.Version >= in.Version && !in.Ended:
		return nil
	case in.Ended:
		tie := *g.Synced
		tie.Ended = true
		g.Synced = &tie
	default:
		g.Name, g.Synced = shortened(in.Name), &Synced{Cohort: in.Cohort, Integration: in.By.Key, Version: in.Version, Members: in.Members, URL: in.URL}
		if known == 0 {
			if err := s.clearMembers(at.path()); err != nil {
				return err
			}
		}
		if err := s.changeMembers(at.path(), changes); err != nil {
			return err
		}
	}
	if fresh {
		return s.addSegment(&g)
	}
	if err := s.update(&g); err != nil {
		return err
	}
	return s.record(change{kind: "segment.updated", resource: at.path(), before: was, after: &g, comment: "Filled by " + in.By.Name})
}

// shortened is a name as segments may have one.
func shortened(name string) string {
	name = strings.TrimSpace(name)
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:120], "")
	}
	return name
}

// segmentOf is the place of proj/{project}:env/{environment}:segment/{segment}.
func segmentOf(subject string) (place, bool) {
	steps := strings.Split(subject, ":")
	if len(steps) != 3 || !strings.HasPrefix(steps[0], kindProject+"/") || !strings.HasPrefix(steps[1], kindEnvironment+"/") {
		return place{}, false
	}
	key, ok := strings.CutPrefix(steps[2], kindSegment+"/")
	return place{kind: kindSegment, parent: steps[0] + ":" + steps[1], key: key}, ok
}

func (s *scope) clearMembers(segment string) error {
	if _, err := s.q.ExecContext(s.ctx, `DELETE FROM segment_member WHERE account = $1 AND segment = $2`, s.account, segment); err != nil {
		return fmt.Errorf("pennant: clearing members: %w", err)
	}
	return nil
}

func (s *scope) changeMembers(segment string, changes []syncedMember) error {
	for _, m := range changes {
		query := `DELETE FROM segment_member WHERE account = $1 AND member = $2 AND segment = $3`
		if m.In {
			query = `INSERT INTO segment_member (account, member, segment) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
		}
		if _, err := s.q.ExecContext(s.ctx, query, s.account, m.ID, segment); err != nil {
			return fmt.Errorf("pennant: changing members: %w", err)
		}
	}
	return nil
}

// syncedMembers gives the first that were synced into a segment.
func (s *scope) syncedMembers(segment string, most int) ([]string, error) {
	rows, err := s.q.QueryContext(s.ctx, `SELECT member FROM segment_member WHERE account = $1 AND segment = $2 ORDER BY member LIMIT $3`, s.account, segment, most)
	if err != nil {
		return nil, fmt.Errorf("pennant: reading members: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var member string
		if err := rows.Scan(&member); err != nil {
			return nil, fmt.Errorf("pennant: reading members: %w", err)
		}
		out = append(out, member)
	}
	return out, rows.Err()
}

// syncedWith gives the paths of the segments that a context was synced into.
func (s *scope) syncedWith(context string) (map[string]bool, error) {
	rows, err := s.q.QueryContext(s.ctx, `SELECT segment FROM segment_member WHERE account = $1 AND member = $2`, s.account, context)
	if err != nil {
		return nil, fmt.Errorf("pennant: reading members: %w", err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var segment string
		if err := rows.Scan(&segment); err != nil {
			return nil, fmt.Errorf("pennant: reading members: %w", err)
		}
		out[segment] = true
	}
	return out, rows.Err()
}

// members reads who joined or left a cohort since a version.
func (f Feed) members(ctx context.Context, cohort string, since int64) ([]syncedMember, error) {
	client := f.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	var out []syncedMember
	next := "/v1/cohorts/" + cohort + "/members?limit=5000&since=" + strconv.FormatInt(since, 10)
	cursor := ""
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+next+cursor, http.NoBody)
		if err != nil {
			return nil, fmt.Errorf("pennant: reading a cohort: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+f.Key)
		page, err := membersPage(client, r)
		if err != nil {
			return nil, err
		}
		if out = append(out, page.Items...); page.Next == "" {
			return out, nil
		}
		cursor = "&cursor=" + page.Next
	}
}

type membersList struct {
	Items []syncedMember `json:"items"`
	Next  string         `json:"next"`
}

func membersPage(client *http.Client, r *http.Request) (membersList, error) {
	var page membersList
	res, err := client.Do(r)
	if err != nil {
		return page, fmt.Errorf("pennant: reading a cohort: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
		err = json.NewDecoder(res.Body).Decode(&page)
	case http.StatusNotFound:
		return page, host.Refuse("There is no such cohort any more.")
	default:
		err = fmt.Errorf("status %d", res.StatusCode)
	}
	if err != nil {
		err = fmt.Errorf("pennant: reading a cohort: %w", err)
	}
	return page, err
}
