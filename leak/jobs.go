package leak

import (
	"context"
	"fmt"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// tell has the owner of a leaked credential told; its argument is the leak's id.
var tell = job.Kind[string]{Name: "leak.tell", Attempts: 20}

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) { job.Handle(r, tell, s.tell) }

// nouns are what the kinds are called.
var nouns = map[Kind]string{
	AccessToken: "access token", RefreshToken: "refresh token", ClientSecret: "client secret", PrivateToken: "token", PersonalToken: "personal token",
	ServiceToken: "service token", LegacyKey: "API key", ProductKey: "product key", TriggerSecret: "trigger's address",
}

// Words of the kind for people.
func (k Kind) Words() string { return nouns[k] }

// tell writes to everybody whose credential it was what it was used for. What is
// sent twice arrives once.
func (s *Service) tell(ctx context.Context, id string) error {
	of, err := ident.Parse[Leak](id)
	if err != nil {
		return job.Stop(err)
	}
	seen, err := s.Get(ctx, access.System("leak report"), of)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		l := seen.Leak
		to, err := s.concerned(tx, l)
		if err != nil {
			return err
		}
		n := notice.Notice{Kind: "leak.reported", Severity: notice.Critical, Link: "/leaks/" + id, Dedupe: id,
			Subject: "A " + nouns[l.Kind] + " of " + l.Name + " was reported as leaked and has been ended", Text: seen.text()}
		if !l.Live {
			n.Severity, n.Subject = notice.Warning, "A "+nouns[l.Kind]+" of "+l.Name+" that had ended was reported as leaked"
		}
		for _, n.To = range to {
			if err := s.Notices.Send(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// concerned are those who hear of a leak.
func (s *Service) concerned(tx *store.Tx, l Leak) ([]notice.To, error) {
	to := notice.To{User: l.User}
	if l.Account != "" {
		to.Account, to.AccountRole = l.Account, access.AccountAdmin
	}
	if l.Group != "" {
		to.Group, to.GroupRole = l.Group, access.GroupAdmin
	}
	if l.Kind == ProductKey {
		return []notice.To{{Operators: true}}, nil
	}
	out := []notice.To{to}
	if l.Kind != PrivateToken {
		return out, nil
	}
	_, owner, err := privateHolder(tx, l.Grant)
	if err == nil && owner != "" {
		out = append(out, notice.To{User: owner})
	}
	if absent(err) {
		err = nil
	}
	return out, err
}

// text says what happened, what was done with it, and what to do now.
func (l Seen) text() string {
	out := fmt.Sprintf("It was reported on %s by %s", on(l.Reported), l.Source.Words())
	if l.Where != "" {
		out += ", who found it at " + l.Where
	}
	if l.Live {
		out += ". It was ended at once; every call with it is refused."
	} else {
		out += ". It opened nothing any more."
	}
	t := l.Trace
	switch {
	case t.Last.At.IsZero():
		out += "\n\nIt is not known to have been used."
	default:
		out += "\n\nThe last call was on " + on(t.Last.At)
		if t.Last.Network != "" {
			out += ", from " + t.Last.Network
		}
		out += "."
		if l.Kind != ProductKey {
			out += fmt.Sprintf(" Calls in the last 24 hours: %d, in the last 30 days: %d.", t.Day.Calls, t.Month.Calls)
		}
		if t.Shared {
			out += " These are the calls of all tokens of the integration."
		}
	}
	return out + "\n\n" + l.Kind.Remedy() + " Then look at the calls, whether all of them were yours."
}

// Remedy says what its owner does now.
func (k Kind) Remedy() string {
	switch k {
	case AccessToken:
		return "The application asks for another access token by itself. Find out how this one got out: tokens do not belong into logs, addresses or repositories."
	case RefreshToken:
		return "Everything of that line of tokens has ended; the person has to authorise the application again."
	case ClientSecret:
		return "Make a new key on the page of the application and give it to what used this one. The tokens that this key obtained have ended, too."
	case PersonalToken:
		return "Make a new personal token and give it to what used this one."
	case ServiceToken:
		return "Make a new service token and give it to what used this one."
	case LegacyKey:
		return "Make a private integration for what used the key. What ended does not come back."
	case ProductKey:
		return "Make another product key and give it to the product: until then it cannot tell of accounts, people and roles."
	}
	return "Make a new token on the page of the private integration and give it to what used this one."
}

func on(t time.Time) string { return t.UTC().Format("2 January 2006 15:04") + " UTC" }
