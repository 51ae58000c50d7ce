package server

import (
	"net/http"

	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/edge/oauth"
	"github.com/guestright/guestright/kit/web"
)

// public is the door for people and developers: console, API, token endpoint.
func (a *App) public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(oauth.TokenPath, &oauth.Tokens{DB: a.DB, Applications: a.Applications, Integrations: a.Integrations, Tokens: a.Tokens,
		Usage: a.Usage.Recorder, Life: a.life()})
	mux.Handle("GET "+gateway.KeysPath, a.Signer)
	return web.NewDoor(web.DoorConfig{Log: a.Log, Hosts: hostsOf(nil, a.Config.URL), Proxies: a.proxies, Secure: a.Config.secure()}, mux)
}
