package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/testenv"
)

// The service runs with no right that it does not need.
func TestSystemdUnitIsHardened(t *testing.T) {
	t.Parallel()
	const path = "../../packaging/guestright.service"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"User=guestright", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes",
		"PrivateDevices=yes", "MemoryDenyWriteExecute=yes", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "SystemCallArchitectures=native", "UMask=0077"} {
		if !strings.Contains(string(b), "\n"+line+"\n") {
			t.Errorf("the unit lacks %s", line)
		}
	}
	analyze := testenv.Tool(t, "systemd-analyze") // without it only the lines were looked at
	full, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	// The scale goes from 0 (nothing is exposed) to 100.
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--no-pager", "--threshold=15", full).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}
