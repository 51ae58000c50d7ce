package pagetest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// common is the Chromium of a package whose TestMain calls Main.
var common = &running{off: true}

// Main runs a package's tests with one Chromium for all of them, started by the first that opens a
// browser: starting one takes longer than most tests do in it. Each Browser keeps cookies, storage
// and passkeys to itself all the same.
//
//	func TestMain(m *testing.M) { os.Exit(pagetest.Main(m)) }
func Main(m *testing.M) int {
	common.off = false
	defer common.stop()
	return m.Run()
}

// running is one Chromium process with its folder.
type running struct {
	off bool // no process is wanted

	mu    sync.Mutex
	ctx   context.Context
	ended []func()
}

// join starts the process unless it runs. The context is nil when none is wanted;
// with the option, a child of it has cookies and storage of its own.
func (r *running) join(path string) (context.Context, chromedp.ContextOption, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.off {
		return nil, nil, nil
	}
	if r.ctx == nil || r.ctx.Err() != nil {
		if err := r.start(path); err != nil {
			return nil, nil, err
		}
	}
	return r.ctx, chromedp.WithNewBrowserContext(), nil
}

func (r *running) start(path string) error {
	// Not t.TempDir: Chromium may still write while it closes, which would fail the clean-up.
	dir, err := os.MkdirTemp("", "pagetest-")
	if err != nil {
		return err
	}
	r.ended = append(r.ended, func() { os.RemoveAll(dir) }) //nolint:errcheck // best effort in the temporary folder
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(dir),
		chromedp.NoSandbox, // test pages are our own, and containers rarely allow the sandbox
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, stopBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	r.ended = append(r.ended, stopBrowser)
	// Chromium sends events that the library does not know; they are no concern of a test.
	silent := func(string, ...any) {}
	ctx, stopTab := chromedp.NewContext(ctx, chromedp.WithErrorf(silent), chromedp.WithLogf(silent))
	r.ended = append(r.ended, stopTab)
	r.ctx = ctx
	return chromedp.Do(ctx)
}

func (r *running) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.ended) > 0 {
		last := len(r.ended) - 1
		r.ended[last]()
		r.ended = r.ended[:last]
	}
	r.ctx = nil
}
