package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/testenv"
)

var prefixes = []secret.Prefix{secret.AccessToken, secret.RefreshToken, secret.ClientSecret, secret.PrivateKey, secret.WebhookSecret, secret.PersonalToken,
	secret.ServiceToken, secret.TriggerSecret}

// H2, H12: the shipped rule finds every kind of credential wherever people leave
// them, and nothing else of ours.
func TestH2_TheScannerRuleFindsEveryCredential(t *testing.T) {
	t.Parallel()
	program := testenv.Find("gitleaks")
	if program == "" {
		testenv.Lacks(t, "gitleaks is not on this machine; scripts/gitleaks.sh installs it")
		return
	}
	dir := t.TempDir()
	want := map[string]bool{}
	put := func(name, form string) {
		var text strings.Builder
		for _, p := range prefixes {
			raw := secret.Generate(p).Reveal()
			want[raw] = true
			fmt.Fprintf(&text, form+"\n", raw)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(".env", "TOKEN=%s")
	put("config.json", `{"value": "%s"}`)
	put("deploy.sh", "curl -H 'Authorization: Bearer %s' https://api.example.com")
	put("settings.yaml", "x: %s # nightly")
	put("main.go", `client := New("%s")`)
	put("app.log", "2026-03-02 10:00:00 GET /x?key=%s 200")
	put("notes.md", "I used `%s`, sorry.")
	put("plain.txt", "%s")
	// Of the right form only in part, or part of a longer word.
	good := secret.Generate(secret.AccessToken).Reveal()
	wrong := strings.Join([]string{good[:40], "gr_" + good, "grxx_" + good[5:], "x" + good, good + "x"}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "wrong.txt"), []byte(wrong), 0o600); err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	rule, err := filepath.Abs("../packaging/gitleaks/guestright.toml")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "dir", "--no-banner", "--config", rule, "--report-format", "json", "--report-path", report, "--exit-code", "0", dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var findings []struct{ RuleID, Secret, File string }
	if err := json.Unmarshal(raw, &findings); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range findings {
		if f.RuleID != "guestright-token" {
			continue
		}
		if !want[f.Secret] || filepath.Base(f.File) == "wrong.txt" {
			t.Errorf("%s: %s is no credential", f.File, f.Secret)
		}
		found[f.Secret] = true
	}
	if len(found) != len(want) || len(want) != 8*len(prefixes) {
		t.Errorf("%d of %d found\n%s", len(found), len(want), out.String())
	}
	// What the rule finds is what the platform takes for a credential.
	for s := range found {
		if !secret.WellFormed(s) {
			t.Errorf("%s", s)
		}
	}
}
