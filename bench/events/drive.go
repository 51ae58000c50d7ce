package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func (r ready) body(i int) string {
	return fmt.Sprintf(`{"type":"item.changed","account_key":"account-%d","data":%s}`, i%r.Accounts, data)
}

// script writes what wrk sends: so many events a request, a list when there are
// several. The accounts take turns.
func (r ready) script(events int) (string, error) {
	f, err := os.CreateTemp("", "events-*.lua")
	if err != nil {
		return "", err
	}
	requests := (r.Accounts + events - 1) / events
	if events > 1 {
		requests = max(requests, 4)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "local requests = {}\nlocal at = 0\nfunction init(args)\n  local h = {[\"Host\"] = %q, [\"Authorization\"] = \"Bearer %s\", [\"Content-Type\"] = \"application/json\"}\n", r.Listen, r.Token)
	fmt.Fprintf(&b, "  for i = 0, %d do\n    local list = {}\n    for k = 1, %d do\n", requests-1, events)
	fmt.Fprintf(&b, "      list[k] = '{\"type\":\"item.changed\",\"account_key\":\"account-' .. (i * %d + k - 1) %% %d .. '\",\"data\":%s}'\n    end\n", events, r.Accounts, data)
	fmt.Fprintf(&b, "    local body = #list == 1 and list[1] or '[' .. table.concat(list, ',') .. ']'\n    requests[i + 1] = wrk.format(\"POST\", \"/v1/events\", h, body)\n  end\nend\n")
	fmt.Fprintf(&b, "function request()\n  at = at %% %d + 1\n  return requests[at]\nend\n", requests)
	_, err = io.WriteString(f, b.String())
	return filepath.Clean(f.Name()), errors.Join(err, f.Close())
}

// pace posts so many events a second for a while.
func (r ready) pace(rate float64, long time.Duration) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: flying, MaxConnsPerHost: flying}}
	defer client.CloseIdleConnections()
	begun := time.Now()
	var next, failed atomic.Int64
	var work sync.WaitGroup
	for range flying {
		work.Go(func() {
			for {
				i := next.Add(1)
				due := begun.Add(time.Duration(float64(i) / rate * float64(time.Second)))
				if due.Sub(begun) > long {
					return
				}
				time.Sleep(time.Until(due))
				if r.send(client, int(i)) != nil {
					failed.Add(1)
				}
			}
		})
	}
	work.Wait()
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d events were not accepted", n)
	}
	return nil
}

func (r ready) send(client *http.Client, i int) error {
	req, err := http.NewRequest(http.MethodPost, "http://"+r.Listen+"/v1/events", strings.NewReader(r.body(i)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	req.Header.Set("Content-Type", "application/json")
	return done(client, req, http.StatusAccepted)
}

// done makes a request, reads what comes back, and wants a status.
func done(client *http.Client, req *http.Request, status int) error {
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != status {
		err = errors.New(res.Status)
	}
	return err
}
