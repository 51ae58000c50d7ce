package deploybot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// Run deploys to each environment in turn and turns the flag on there. It stops at the first thing that goes wrong;
// environments after it are left alone.
func Run(ctx context.Context, c Config) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	b := &bot{Config: c, client: newClient(ctx, c)}
	for _, environment := range c.Environments {
		if err := b.release(ctx, environment); err != nil {
			return err
		}
	}
	b.say("Done: %s is on in %d environments.", c.Flag, len(c.Environments))
	return nil
}

type bot struct {
	Config
	client *client
}

func (b *bot) say(format string, args ...any) {
	fmt.Fprintf(b.Out, format+"\n", args...)
}

// state is the part of a flag's state that the bot looks at.
type state struct {
	On      bool  `json:"on"`
	Version int64 `json:"version"`
}

func (b *bot) release(ctx context.Context, environment string) error {
	b.say("Deploying to %s.", environment)
	if err := b.Deploy(ctx, environment); err != nil {
		return fmt.Errorf("deploying to %s: %w", environment, err)
	}
	// Two people may change the same flag. Whoever comes second reads it again; three times is enough.
	for range 3 {
		err := b.turnOn(ctx, environment)
		var refused *Refusal
		if errors.As(err, &refused) && refused.Status == http.StatusPreconditionFailed {
			b.say("Somebody else changed %s in %s meanwhile; reading it again.", b.Flag, environment)
			continue
		}
		if err != nil {
			return fmt.Errorf("turning %s on in %s: %w", b.Flag, environment, err)
		}
		return nil
	}
	return fmt.Errorf("turning %s on in %s: it keeps changing", b.Flag, environment)
}

func (b *bot) turnOn(ctx context.Context, environment string) error {
	path := "/api/v1/accounts/" + url.PathEscape(b.AccountKey) + "/projects/" + url.PathEscape(b.Project) +
		"/environments/" + url.PathEscape(environment) + "/flags/" + url.PathEscape(b.Flag)
	var was, is state
	tag, err := b.client.do(ctx, request{method: http.MethodGet, path: path, into: &was})
	if err != nil {
		return err
	}
	if was.On {
		b.say("%s is on in %s already.", b.Flag, environment)
		return nil
	}
	_, err = b.client.do(ctx, request{method: http.MethodPatch, path: path, body: `{"on":true}`, match: tag, into: &is})
	if err != nil {
		return err
	}
	if !is.On {
		return errors.New("the change was accepted and the flag is still off")
	}
	b.say("Turned %s on in %s, version %d.", b.Flag, environment, is.Version)
	return nil
}
