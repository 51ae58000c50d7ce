package main

import (
	"os/signal"

	"github.com/guestright/guestright/server/demo"
)

type demoCmd struct {
	Dir  string `type:"path" placeholder:"FOLDER" help:"Keep the data here; else a temporary folder that goes with the demo."`
	Port int    `placeholder:"PORT" help:"Port of the console; the gateway has the tenth after it. Else 8480, or any that are free."`
}

// Run serves until Ctrl-C.
func (c demoCmd) Run(w *world) error {
	ctx, stop := signal.NotifyContext(w.ctx, stopSignals()...)
	defer stop()
	w.say("Starting; Ctrl-C stops it.")
	return demo.Run(ctx, demo.Options{Dir: c.Dir, Port: c.Port, Out: w.out, Log: logger(w.errw)})
}
