// Command proxy measures what the gateway's way to the upstream costs against
// a bare httputil.ReverseProxy and against nginx, all in the same run, in
// interleaved rounds, each server in a process of its own.
//
//	proxy run [-rounds 9] [-seconds 2] [-connections 64] [-target name=command]... [-out file]
//	proxy upstream | bare | lean | authorizer      servers that run starts
//
// A further target is a command that gets {listen} and {upstream} replaced by
// host:port. It may print, before it is ready, lines that run understands:
//
//	header: Authorization: Bearer …    to send with every request
//	path: /v1/items                    to ask for instead of /v1/items
//	requests: /tmp/requests.txt        lines of path and token, for a second load that cycles through them
//	stats: http://127.0.0.1:1234/      Prometheus text with go_memstats_mallocs_total
//
// Every server gets the same requests, those of the last target that names any.
// A run during which other programs used the machine is repeated.
//
// Trust the ratios, not the absolute numbers: load generator, proxy and
// upstream share the machine.
package main
