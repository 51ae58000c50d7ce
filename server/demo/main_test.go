package demo_test

import (
	"os"
	"testing"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// TestMain lets all browser tests of the package share one Chromium.
func TestMain(m *testing.M) { os.Exit(pagetest.Main(m)) }
