//go:build race

package server_test

// raced: this test binary has the race detector.
const raced = true
