package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/bench/load"
)

// target is one server under test.
type target struct {
	name    string
	command []string
	listen  string
	proxy   bool // false: the load goes to the upstream directly
	base    bool // what the others are compared with
	judges  bool // measured with many tokens, too
	helper  bool // not measured itself
	process *exec.Cmd

	headers  []string
	path     string
	requests string // file with further requests
	stats    string
}

// freeAddress reserves nothing; two picks in a row differ in practice.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// start launches the process and waits until it answers 200.
func (t *target) start() error {
	t.process = exec.Command(t.command[0], t.command[1:]...)
	t.process.Stderr = os.Stderr
	out, err := t.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := t.process.Start(); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	lines := make(chan string, 16)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(out)
		for in.Scan() {
			lines <- in.Text()
		}
	}()
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		select {
		case line, open := <-lines:
			if !open {
				lines = nil
				break
			}
			t.learn(line)
			continue
		case <-time.After(50 * time.Millisecond):
		}
		if t.answers() {
			return nil
		}
	}
	t.end()
	return fmt.Errorf("%s does not answer 200 on %s", t.name, t.listen)
}

func (t *target) learn(line string) {
	if v, ok := strings.CutPrefix(line, "header: "); ok {
		t.headers = append(t.headers, v)
	}
	if v, ok := strings.CutPrefix(line, "path: "); ok {
		t.path = v
	}
	if v, ok := strings.CutPrefix(line, "requests: "); ok {
		t.requests = v
	}
	if v, ok := strings.CutPrefix(line, "stats: "); ok {
		t.stats = v
	}
}

func (t *target) url() string {
	if t.path == "" {
		return "http://" + t.listen + "/v1/items"
	}
	return "http://" + t.listen + t.path
}

func (t *target) answers() bool {
	req, err := http.NewRequest(http.MethodGet, t.url(), nil)
	if err != nil {
		return false
	}
	for _, h := range t.headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	return err == nil && res.StatusCode < 300 && (n == 997 || n == 0)
}

func (t *target) end() {
	if t.process == nil {
		return
	}
	t.process.Process.Signal(os.Interrupt)
	ended := make(chan struct{})
	go func() {
		t.process.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
		t.process.Process.Kill()
		<-ended
	}
}

// cpu is the processor time of the process and its living descendants, user
// and system, in seconds (proc(5), clock ticks of 10 ms).
func (t *target) cpu() float64 {
	return load.Tree(t.process.Process.Pid)
}

// mallocs asks the process for its allocations so far; 0 when it does not say.
func (t *target) mallocs() float64 {
	if t.stats == "" {
		return 0
	}
	res, err := http.Get(t.stats)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	in := bufio.NewScanner(res.Body)
	for in.Scan() {
		if v, ok := strings.CutPrefix(in.Text(), "go_memstats_mallocs_total "); ok {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return n
			}
		}
	}
	return 0
}
