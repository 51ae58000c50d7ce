package notice

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

// send hands one letter to the mail server: 12 attempts over about an hour and
// a half.
var send = job.Kind[MailID]{Name: "notice.mail", Attempts: 12, Timeout: 2 * time.Minute}

const (
	mailKept   = 30 * 24 * time.Hour
	noticeKept = 400 * 24 * time.Hour
)

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, send, s.deliver)
	job.Every(r, "notice.forget", 24*time.Hour, func(ctx context.Context) error {
		return s.DB.Write(ctx, forget)
	})
}

func (s *Service) deliver(ctx context.Context, id MailID) error {
	var l Letter
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		l, err = loadMail(tx, id)
		if store.IsNone(err) {
			return nil
		}
		return err
	})
	if err != nil || l.State != Waiting {
		return err
	}
	if s.SMTP == nil { // the mail server was taken out of the configuration
		return s.settle(ctx, id, Kept, "")
	}
	err = s.SMTP.send(ctx, s.Look, l)
	if err == nil {
		return s.settle(ctx, id, Sent, "")
	}
	if job.Hopeless(err) || job.AttemptOf(ctx).Last {
		if err := s.settle(context.WithoutCancel(ctx), id, Failed, clip(err.Error(), 300)); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) settle(ctx context.Context, id MailID, as State, why string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return closeMail(tx, id, as, why) })
}
