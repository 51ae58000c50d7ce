package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/server"
)

func main() { os.Exit(run()) }

// world is what a command may touch.
type world struct {
	ctx  context.Context
	out  io.Writer
	errw io.Writer
	in   io.Reader
	file string // configuration, "" for the usual one
}

func (w *world) say(format string, args ...any) { _, _ = fmt.Fprintf(w.out, format+"\n", args...) }

func (w *world) config() (server.Config, error) {
	cfg, err := server.LoadConfig(w.file)
	if err != nil {
		return cfg, err
	}
	return cfg, cfg.Check()
}

// The exit codes: 0 done, 1 refused or failed, 2 misunderstood command line.
const (
	exitFailed  = 1
	exitMisused = 2
)

// errSilent fails without a further message: the command has said it all.
var errSilent = errors.New("")

// exitError fails with a code of its own, for scripts that must tell failures apart.
type exitError struct {
	code int
	error
}

// Unwrap gives the failure itself.
func (e exitError) Unwrap() error { return e.error }

func run() int {
	w := &world{ctx: context.Background(), out: os.Stdout, errw: os.Stderr, in: os.Stdin}
	return execute(w, os.Args[1:])
}

func execute(w *world, args []string) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("guestright"), kong.Writers(w.out, w.errw), kong.Exit(func(code int) { exit = code }),
		kong.Description("Guestright stands between your product and the third parties that build on it."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}), kong.Bind(w))
	if err != nil {
		_, _ = fmt.Fprintln(w.errw, "guestright:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit // help was shown
	}
	if err != nil {
		_, _ = fmt.Fprintf(w.errw, "guestright: %v\nTry guestright --help.\n", err)
		return exitMisused
	}
	w.file = cli.Config
	if err := command.Run(); err != nil {
		complain(w.errw, err)
		if e, ok := errors.AsType[exitError](err); ok {
			return e.code
		}
		return exitFailed
	}
	return 0
}

// complain writes an error for a person: what is wrong, where, and nothing of
// the program's inner words.
func complain(out io.Writer, err error) {
	if errors.Is(err, errSilent) {
		return
	}
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Kind == problem.KindInternal {
		_, _ = fmt.Fprintln(out, "guestright:", err)
		return
	}
	_, _ = fmt.Fprintf(out, "guestright: %s (%s)\n", p.Detail, p.Code)
	for _, f := range p.Fields {
		_, _ = fmt.Fprintf(out, "  %s\n", strings.TrimPrefix(f.Pointer+": "+f.Detail, ": "))
	}
	if p.Cause != nil && len(p.Fields) == 0 {
		_, _ = fmt.Fprintf(out, "  because: %v\n", p.Cause)
	}
}
