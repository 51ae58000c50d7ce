package main

import "github.com/guestright/guestright/bench/load"

// sample is one round of one target under one load.
type sample struct {
	rate, p50, p99   float64 // per second; milliseconds
	cpu, allocations float64 // seconds per 1,000 requests; per request
	foreign          float64 // processors that programs of others used meanwhile
	failed           int
}

// question is how wrk asks. Every target gets the same requests.
type question struct {
	name                          string
	threads, connections, seconds int
	request                       request
	script                        string // wrk script with further requests, "" for the one
}

// request is what every target is asked for.
type request struct {
	path    string
	headers []string
}

// ask runs wrk once.
func (q question) ask(t *target) (sample, error) {
	objects, used := t.mallocs(), t.cpu()
	w, err := load.Wrk{Threads: q.threads, Connections: q.connections, Seconds: q.seconds, Headers: q.request.headers, Script: q.script,
		URL: "http://" + t.listen + q.request.path}.Run()
	if err != nil {
		return sample{}, err
	}
	used, objects = t.cpu()-used, t.mallocs()-objects
	s := sample{rate: w.Rate, p50: w.P50, p99: w.P99, foreign: w.Foreign, failed: w.Failed}
	if w.Count > 0 {
		s.cpu = used / w.Count * 1000
		s.allocations = objects / w.Count
	}
	return s, nil
}
