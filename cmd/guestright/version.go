package main

import (
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints version, revision and platform.
func (versionCmd) Run(w *world) error {
	version, revision := "unknown", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		version = b.Main.Version
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	w.say("guestright %s%s %s %s/%s", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
