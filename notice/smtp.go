package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	mail "github.com/wneessen/go-mail"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/secret"
)

// SMTP is the operator's mail server (RFC 5321, submission RFC 6409).
type SMTP struct {
	Host     string
	Port     int    // 0: 587, or 465 with TLS "implicit"
	From     string // address of the sender
	FromName string
	Username string // "": no authentication
	Password secret.Text
	TLS      string        // "starttls" (also ""), "implicit", or "none" for a server on this machine
	Timeout  time.Duration // of each step; 0: 20 s
}

// Check reports whether the settings can work, without connecting.
func (s SMTP) Check() error {
	if _, err := address(s.From); err != nil {
		return fmt.Errorf("mail.from is not an address: %w", err)
	}
	_, err := s.client()
	return err
}

func (s SMTP) client() (*mail.Client, error) {
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = 20 * time.Second
	}
	opts := []mail.Option{mail.WithTimeout(timeout)}
	port := s.Port
	switch s.TLS {
	case "", "starttls":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
		if port == 0 {
			port = 587
		}
	case "implicit":
		opts = append(opts, mail.WithSSL())
		if port == 0 {
			port = 465
		}
	case "none":
		if s.Username != "" {
			return nil, errors.New("mail: a password is never sent without TLS")
		}
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
		if port == 0 {
			port = 25
		}
	default:
		return nil, fmt.Errorf("mail.tls is starttls, implicit or none, not %q", s.TLS)
	}
	opts = append(opts, mail.WithPort(port))
	if s.Username != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password.Reveal()))
	}
	return mail.NewClient(s.Host, opts...)
}

// send delivers one letter to the server. What the server refuses for good is
// not tried again.
func (s SMTP) send(ctx context.Context, look Look, l Letter) error {
	m, err := s.message(look, l)
	if err != nil {
		return job.Stop(err)
	}
	c, err := s.client()
	if err != nil {
		return job.Stop(err)
	}
	err = c.DialAndSendWithContext(ctx, m)
	if refused, ok := errors.AsType[*mail.SendError](err); ok && refused.ErrorCode() >= 500 && !refused.IsTemp() {
		return job.Stop(err)
	}
	return err
}

func (s SMTP) message(look Look, l Letter) (*mail.Msg, error) {
	body, err := look.render(l)
	if err != nil {
		return nil, err
	}
	m := mail.NewMsg()
	if err := m.FromFormat(s.FromName, s.From); err != nil {
		return nil, err
	}
	if err := m.To(l.To); err != nil {
		return nil, err
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(l.Created)
	m.SetMessageIDWithValue(l.ID.String() + "@" + lane(s.From))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation replies, please
	m.SetBodyString(mail.TypeTextPlain, body.text)
	m.AddAlternativeString(mail.TypeTextHTML, body.html)
	return m, nil
}
