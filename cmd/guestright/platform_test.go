package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// The binary is built for every platform without C, so code for one system stands
// behind build tags. Compiling for all of them takes a quarter of an hour; a
// program that passes the type checker compiles.
func TestTrialTypesOnEveryPlatform(t *testing.T) {
	t.Parallel()
	platforms := []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}
	list, err := os.ReadFile("../../scripts/build.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range platforms {
		if !bytes.Contains(list, []byte(platform)) {
			t.Errorf("scripts/build.sh does not build for %s", platform)
		}
	}
	if os.Getenv("GUESTRIGHT_TRIAL") == "" {
		return
	}
	for _, platform := range platforms {
		system, arch, _ := strings.Cut(platform, "/")
		all, err := packages.Load(&packages.Config{
			Context: t.Context(), Env: append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch, "GOFLAGS="),
			Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		}, "../../...")
		if err != nil {
			t.Fatalf("%s: %v", platform, err)
		}
		if len(all) < 50 {
			t.Errorf("%s: only %d packages", platform, len(all))
		}
		for _, p := range all {
			for _, e := range p.Errors {
				t.Errorf("%s: %v", platform, e)
			}
		}
	}
}
