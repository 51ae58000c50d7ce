package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// plan is what the command line asks for.
type plan struct {
	count, seconds, connections int
	foreign                     float64
	patience                    time.Duration
	out                         string
	extra                       targetList
}

// targetList collects -target name=command.
type targetList []string

func (l *targetList) String() string     { return strings.Join(*l, "; ") }
func (l *targetList) Set(v string) error { *l = append(*l, v); return nil }

const (
	bareName = "ReverseProxy bare"
	leanName = "lean client, no decision"
)

// run starts everything, measures in interleaved rounds and writes the table.
func run(args []string) error {
	var p plan
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.IntVar(&p.count, "rounds", 9, "interleaved rounds; the median counts")
	flags.IntVar(&p.seconds, "seconds", 2, "length of a round per target")
	flags.IntVar(&p.connections, "connections", 64, "connections of the load generator")
	flags.Float64Var(&p.foreign, "foreign", 0.15, "repeat a run while others use more processors than this")
	flags.DurationVar(&p.patience, "patience", 5*time.Second, "wait that long for a quiet machine before each run")
	flags.StringVar(&p.out, "out", "", "markdown file in which the table of this GOGC is replaced")
	flags.Var(&p.extra, "target", "name=command of a further target, {listen} and {upstream} are replaced")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		fmt.Println("skipped: wrk is not installed (Debian package wrk); nothing was measured")
		return nil
	}
	dir, err := os.MkdirTemp("", "proxy-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	targets, err := p.targets(dir)
	defer func() {
		for _, t := range targets {
			t.end()
		}
	}()
	if err != nil {
		return err
	}
	results, err := p.rounds(targets, dir)
	if err != nil {
		return err
	}
	report := p.table(targets, results)
	fmt.Print(report)
	if p.out == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.out), 0o755); err != nil {
		return err
	}
	return write(p.out, cmp.Or(os.Getenv("GOGC"), "100"), report)
}

// targets starts the upstream and every server in front of it. Those that
// were started are returned even when a later one fails.
func (p *plan) targets(dir string) ([]*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var started []*target
	launch := func(name string, proxy bool, command ...string) (*target, error) {
		listen, err := freeAddress()
		if err != nil {
			return nil, err
		}
		product := ""
		if len(started) > 0 {
			product = started[0].listen
		}
		t := &target{name: name, listen: listen, proxy: proxy, base: name == bareName, judges: proxy && name != leanName, helper: name == "authorizer"}
		for _, word := range command {
			t.command = append(t.command, strings.NewReplacer("{listen}", listen, "{upstream}", product).Replace(word))
		}
		if err := t.start(); err != nil {
			return nil, err
		}
		started = append(started, t)
		return t, nil
	}
	steps := [][]string{
		{"direct", self, "upstream", "-listen", "{listen}"},
		{bareName, self, "bare", "-listen", "{listen}", "-upstream", "{upstream}"},
		{leanName, self, "lean", "-listen", "{listen}", "-upstream", "{upstream}"},
	}
	for _, extra := range p.extra {
		name, command, ok := strings.Cut(extra, "=")
		if !ok {
			return started, fmt.Errorf("-target %q is not name=command", extra)
		}
		steps = append(steps, append([]string{name}, strings.Fields(command)...))
	}
	for _, s := range steps {
		if _, err := launch(s[0], s[0] != "direct", s[1:]...); err != nil {
			return started, err
		}
	}
	return started, p.nginx(dir, &started, launch)
}

type launcher func(name string, proxy bool, command ...string) (*target, error)

// nginx adds nginx with auth_request and limit_req, if it is installed.
func (p *plan) nginx(dir string, started *[]*target, launch launcher) error {
	binary, err := exec.LookPath("nginx")
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Println("left out: nginx is not installed")
		return nil
	}
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	authorizer, err := launch("authorizer", false, self, "authorizer", "-listen", "{listen}")
	if err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("DIR", dir, "LISTEN", listen, "UPSTREAM", (*started)[0].listen, "AUTHORIZER", authorizer.listen).Replace(nginxConfig)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	t := &target{name: "nginx auth_request + limit_req", listen: listen, proxy: true, judges: true, command: []string{binary, "-p", dir, "-c", file}}
	if err := t.start(); err != nil {
		return err
	}
	*started = append(*started, t)
	return nil
}

const nginxConfig = `daemon off;
worker_processes 2;
pid DIR/nginx.pid;
error_log DIR/error.log warn;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fcgi;
  uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
  keepalive_requests 100000000;
  limit_req_zone $http_authorization$remote_addr zone=calls:10m rate=1000000r/s;
  upstream product { server UPSTREAM; keepalive 512; keepalive_requests 100000000; }
  upstream authorizer { server AUTHORIZER; keepalive 512; keepalive_requests 100000000; }
  server {
    listen LISTEN;
    location / {
      auth_request /authorize;
      limit_req zone=calls burst=100000 nodelay;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass http://product;
    }
    location = /authorize {
      internal;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_pass http://authorizer;
    }
  }
}
`
