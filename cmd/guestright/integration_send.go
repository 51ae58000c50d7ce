package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/guestright/guestright/manifest/request"
)

type integrationSendCmd struct {
	wanted
	To   string `required:"" placeholder:"URL" help:"Where to send them instead of to the partner, such as http://localhost:3000/."`
	Show bool   `help:"Print what is sent and what is answered, too."`
}

// answerShown is how much of an answer is printed, in bytes.
const answerShown = 4 << 10

// Run sends the requests of an integration, as they would go to the partner, to a
// server of the developer's own.
func (c integrationSendCmd) Run(w *world) error {
	calls, err := c.calls()
	if err != nil {
		return exitError{exitMisused, err}
	}
	client := &http.Client{Timeout: answerTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	failed := false
	for _, p := range calls {
		switch {
		case p.Err != nil:
			failed = true
			w.say("%s: fails: %v", p.Name, p.Err)
		case !p.Sent || p.Call.URL == "":
			w.say("%s: nothing is sent", p.Name)
		default:
			ok, err := c.send(w, client, p)
			if err != nil {
				return err
			}
			failed = failed || !ok
		}
	}
	if failed {
		return errSilent
	}
	return nil
}

// send makes one request and says what came back; false unless that is success.
func (c integrationSendCmd) send(w *world, client *http.Client, p request.Previewed) (bool, error) {
	req, err := http.NewRequestWithContext(w.ctx, p.Call.Method, c.To, bytes.NewReader(p.Call.Body))
	if err != nil {
		return false, exitError{exitMisused, err}
	}
	for _, h := range p.Call.Header {
		req.Header.Add(h.Name, h.Value)
	}
	if c.Show {
		w.say("%s", p.Call.Text())
	}
	begun := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.Name, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerShown))
	if err != nil {
		return false, fmt.Errorf("%s: %w", p.Name, err)
	}
	w.say("%s: %s %s: %s, %d ms", p.Name, p.Call.Method, c.To, res.Status, time.Since(begun).Milliseconds())
	if c.Show && len(answer) > 0 {
		w.say("%s\n", answer)
	}
	return res.StatusCode/100 == 2, nil
}
