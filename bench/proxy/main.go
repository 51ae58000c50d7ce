package main

import (
	"fmt"
	"os"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	if len(args) == 0 {
		args = []string{"run"}
	}
	switch args[0] {
	case "run":
		return run(args[1:])
	case "upstream", "bare", "lean", "authorizer":
		return serve(args[0], args[1:])
	}
	return fmt.Errorf("unknown command %q; there are run, upstream, bare, lean and authorizer", args[0])
}
