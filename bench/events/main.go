// Command events measures events from their acceptance to the recorded delivery,
// durably: SQLite with synchronous=FULL and, when GUESTRIGHT_TEST_POSTGRES names
// a server, PostgreSQL, whose fsync must be on. Beside it a bare http.Client loop
// signs and posts the same bodies to the same sink.
//
//	events run [-rounds 3] [-events 40000] [-endpoints 1,100,10000] [-history 0] [-out file]
//	events serve -sink host:port -endpoints n [-database URL] [-history n] [-cpuprofile file]   what run starts
//	events sink                                                                               and this
//	events loop -sink host:port                                                               and this
//
// House, sink, loop, load generator and database share the machine.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "events:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	if len(args) == 0 {
		return errors.New("say run, serve, sink or loop")
	}
	switch args[0] {
	case "run":
		return run(args[1:])
	case "serve":
		return serve(args[1:])
	case "sink":
		return sink()
	case "loop":
		return loop(args[1:])
	}
	return fmt.Errorf("%q is neither run, serve, sink nor loop", args[0])
}

// child is a process of this program that answers a line with a line.
type child struct {
	*exec.Cmd
	in  *bufio.Writer
	out *bufio.Scanner
}

// spawn starts one and reads what it says first.
func spawn(args ...string) (*child, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	c := &child{Cmd: exec.Command(self, args...)}
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	c.in, c.out = bufio.NewWriter(in), bufio.NewScanner(out)
	if err := c.Start(); err != nil {
		return nil, "", err
	}
	first, err := c.read()
	return c, first, err
}

// ask sends a line and gives the answer.
func (c *child) ask(format string, args ...any) (string, error) {
	fmt.Fprintf(c.in, format+"\n", args...)
	if err := c.in.Flush(); err != nil {
		return "", err
	}
	return c.read()
}

func (c *child) read() (string, error) {
	if !c.out.Scan() {
		return "", fmt.Errorf("%s stopped", strings.Join(c.Args, " "))
	}
	return c.out.Text(), nil
}

func (c *child) end() {
	if err := c.Process.Signal(os.Interrupt); err == nil {
		_ = c.Wait() // it was told to stop
	}
}
