package server

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// openChecks opens the doors for the operator's own proxies.
func (a *App) openChecks(_ context.Context, _ *errgroup.Group, _ *Listeners) error { return nil }
