// Command gateway opens the whole house on a fresh SQLite file and serves its
// gateway door as the real server does, for bench/proxy to measure: a catalog
// of 600 operations, 100,000 live tokens, limits for group, application and
// account that are enforced but never reached, usage recording.
//
//	gateway -listen host:port -upstream host:port [-tokens 100000] [-routes 600] [-used 1000]
//
// It prints what bench/proxy understands: a header and a path for the load with
// one token, a file of requests for the load with many, and the address of its
// statistics, where /debug/pprof/ answers too.
package main
