package demo

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	clienthook "github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/example/deploybot"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/webhook"
)

// botHost is the name of the example integration's server. Only the demo's own
// client for strangers' addresses knows the way there.
const botHost = "deploybot.acme.example"

// ear is where the example integration hears of events.
type ear struct {
	ln     net.Listener
	client *outbound.Client
}

func openEar(ctx context.Context, cfg outbound.Config) (ear, error) {
	ln, err := web.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return ear{}, err
	}
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil {
		return ear{}, errors.Join(err, ln.Close())
	}
	client, err := outbound.NewDemoWith(cfg, map[string]string{botHost: at.String(), boardHost: at.String(), signoffHost: at.String(), guestlistHost: at.String()}, []netip.AddrPort{at})
	if err != nil {
		return ear{}, errors.Join(err, ln.Close())
	}
	return ear{ln: ln, client: client}, nil
}

// serve lets the example integration hear until ctx ends.
func (e ear) serve(ctx context.Context, dir string, log *slog.Logger, desk *desk, heard func(deploybot.Event)) {
	b, err := readBot(dir)
	if err != nil {
		log.Warn("deploybot has no key", "error", err)
		_ = e.ln.Close()
		return
	}
	l := &deploybot.Listener{Verifier: &clienthook.Verifier{Secrets: []string{b.Webhook}, Now: desk.now}, Heard: func(ev deploybot.Event) {
		log.Info("deploybot heard", "type", ev.Type, "subject", ev.Subject)
		desk.heard.Add(1)
		if heard != nil {
			heard(ev)
		}
	}}
	mux := http.NewServeMux()
	desk.mount(mux, l.Handler())
	notes, err := readBoard(dir, desk.now)
	if err != nil {
		log.Warn("the notice board has no secret", "error", err)
	}
	mountBoard(mux, notes, dir, desk.console)
	if err := errors.Join(mountSignoff(mux, dir, desk.console, desk.now), mountGuestlist(mux, dir, desk.console, desk.now)); err != nil {
		log.Warn("an integration of the demo has no token", "error", err)
	}
	_ = web.Serve(ctx, web.NewServer(e.ln.Addr().String(), mux, web.Limits{}), e.ln, time.Second)
}

func readBot(dir string) (bot, error) {
	var b bot
	raw, err := os.ReadFile(botFile(dir))
	if err == nil {
		err = json.Unmarshal(raw, &b)
	}
	return b, err
}

// subscribeBot makes the endpoint of the example integration, as its developers
// would in the console, and gives its secret.
func subscribeBot(ctx context.Context, app *server.App, dev access.Principal, id application.ID) (string, error) {
	made, err := app.Webhooks.CreateForApplication(ctx, dev, id, webhook.Draft{URL: "http://" + botHost + "/events", Description: "Hears when somebody switches a flag",
		Types: []string{"flag.*", "guestright.installation.*"}})
	return made.Secret.Reveal(), err
}

func productKeyFile(dir string) string { return filepath.Join(dir, "product.key") }

// giveProductKey makes the key with which the product tells us what happens.
func giveProductKey(ctx context.Context, app *server.App, dir, operator string) error {
	made, err := app.Products.Create(ctx, access.Operator(operator), "Pennant")
	if err != nil {
		return err
	}
	return os.WriteFile(productKeyFile(dir), []byte(made.Secret.Reveal()), 0o600)
}

// productKey is the one that giveProductKey made; "" in a folder from before.
func productKey(dir string) (string, error) {
	raw, err := os.ReadFile(productKeyFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(raw)), err
}
