//go:build !unix

package main

import (
	"context"
	"os"
)

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt} }

// reloads does nothing: there is no such signal here. The watch on the catalog
// file works everywhere.
func reloads(context.Context, func()) {}
