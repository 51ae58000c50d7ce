package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// What the start needed is given back, and the program goes on.
func TestGiveBack(t *testing.T) {
	mapped := func() int {
		raw, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "RssFile:" {
				kb, err := strconv.Atoi(f[1])
				if err != nil {
					t.Fatal(err)
				}
				return kb
			}
		}
		t.Fatal("the kernel does not say what is resident")
		return 0
	}
	before := mapped()
	giveBack()
	if after := mapped(); after >= before {
		t.Errorf("%d kB of files are resident after %d", after, before)
	}
}
