package pagetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/guestright/guestright/kit/testenv"
)

// patience bounds one whole test in the browser, so that a hanging page fails instead of stalling the run. A busy
// machine of two cores needs three minutes for what a quiet one does in twenty seconds.
const patience = 10 * time.Minute

// stepMost is how long one step may take: what is not there by then will not come.
const stepMost = 2 * time.Minute

// Browser is one tab with cookies, storage and devices of its own, closed when the test ends.
type Browser struct {
	t    testing.TB
	ctx  context.Context
	view View
	axe  bool // the tab keeps its source
}

// Open gives a browser with a profile of its own. Without Chromium or Chrome the test is skipped, or fails in CI. Where
// Chromium comes without its windows as well (the headless shell), that is taken: the same pages cost half.
func Open(t testing.TB) *Browser {
	t.Helper()
	path := testenv.Tool(t, "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
	parent, option, err := common.join(path)
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	if parent == nil { // the package has no Main
		alone := &running{}
		t.Cleanup(alone.stop)
		if parent, option, err = alone.join(path); err != nil {
			t.Fatalf("start the browser: %v", err)
		}
	}
	ctx, stop := context.WithTimeout(parent, patience)
	t.Cleanup(stop)
	ctx, stopTab := chromedp.NewContext(ctx, option)
	t.Cleanup(stopTab)

	b := &Browser{t: t, ctx: ctx}
	// The tab lives as long as the context of the first step.
	if err := chromedp.Do(ctx, call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: witness})); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	b.Emulate(View{})
	return b
}

// witness keeps what the page complains about: script errors, refused scripts and styles, files that
// did not load. Quiet reads it.
const witness = `window.complaints = [];
addEventListener("error", (e) => complaints.push(e.message || "did not load: " + (e.target.src || e.target.href)), true);
addEventListener("unhandledrejection", (e) => complaints.push("unhandled: " + e.reason));
document.addEventListener("securitypolicyviolation", (e) => complaints.push("policy " + e.effectiveDirective + " refused " + e.blockedURI + " " + e.sample));
console.error = (...all) => complaints.push(all.join(" "));`

// call makes an action of a protocol command whose answer does not matter.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (b *Browser) run(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, stepMost)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// Emulate sets theme, window and scripting for the pages to come and the one that is open.
func (b *Browser) Emulate(v View) {
	b.t.Helper()
	if v.Width == 0 {
		v.Width = 1280
	}
	if v.Height == 0 {
		v.Height = 900
	}
	b.view = v
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	b.run("emulate",
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: 1, Mobile: v.Width < 500,
		}),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
		call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.NoScript}),
	)
}

// Forget ends every session: the cookies are gone.
func (b *Browser) Forget() {
	b.t.Helper()
	b.run("forget", call(network.ClearBrowserCookies, cdp.Empty{}))
}

// Goto opens an address and waits until it is loaded.
func (b *Browser) Goto(url string) {
	b.t.Helper()
	b.run("go to "+url, chromedp.Navigate(url))
}

// Follow clicks what leads to another page (a link, a submit button) and waits for that page.
func (b *Browser) Follow(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("follow %s: %v", selector, err)
	}
}

// Click clicks the first match, once it is visible, and does not wait for another page.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.run("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Fill replaces the content of an input by typing.
func (b *Browser) Fill(selector, text string) {
	b.t.Helper()
	b.Wait(selector)
	Eval[bool](b, fmt.Sprintf("(document.querySelector(%q).value = '') === ''", selector)) // the library can't clear an empty textarea
	b.run("fill "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press sends keys to whatever has the focus; see chromedp/kb for keys without a letter.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.run("press keys", chromedp.KeyEvent(keys))
}

// Wait waits until the first match is visible.
func (b *Browser) Wait(selector string) {
	b.t.Helper()
	b.run("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Text returns the visible text of the first match.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	for tries := 0; ; tries++ {
		text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS(selector)))
		if err == nil {
			return strings.TrimSpace(text)
		}
		// A page that draws a part anew may do so between finding it and reading it.
		if tries == redrawn || !strings.Contains(err.Error(), "No node with given id") {
			b.t.Fatalf("read %s: %v", selector, err)
		}
	}
}

// redrawn is how often a part may be drawn anew while it is read.
const redrawn = 5

// Has says whether anything matches right now.
func (b *Browser) Has(selector string) bool {
	b.t.Helper()
	return value(b, "look for "+selector, chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q) !== null", selector)))
}

// URL returns the address of the open page.
func (b *Browser) URL() string {
	b.t.Helper()
	return value(b, "read the address", chromedp.Location())
}

// Eval runs a script in the page and returns its result, which may be a promise.
func Eval[T any](b *Browser, script string) T {
	b.t.Helper()
	return value(b, "run a script", chromedp.Evaluate[T](script, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
}

// value runs one action and returns what it found.
func value[T any](b *Browser, what string, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return v
}

// Screenshot writes the whole page as a PNG into the folder that GUESTRIGHT_SHOTS
// names. Without one nothing is taken: pictures are for people, and take time.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	if dir := os.Getenv("GUESTRIGHT_SHOTS"); dir != "" {
		b.write(dir, name, value(b, "take a screenshot", chromedp.FullScreenshot(100)))
	}
}

// Snapshot writes what the window shows, likewise.
func (b *Browser) Snapshot(name string) {
	b.t.Helper()
	if dir := os.Getenv("GUESTRIGHT_SHOTS"); dir != "" {
		b.write(dir, name, value(b, "take a snapshot", chromedp.CaptureScreenshot()))
	}
}

func (b *Browser) write(dir, name string, png []byte) {
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatalf("write screenshot: %v", err)
	}
}
