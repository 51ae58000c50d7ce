package server_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

const reportFile = "../docs/measurements/trial.md"

const reportHead = `# Trials

What ` + "`make trial`" + ` counted: the platform as processes of its own, killed, cut off, starved of disk. Each part says when it ran.
`

// report writes one part of the report; in short form it only logs.
func report(t testing.TB, title string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		t.Log(l)
	}
	if !long() || t.Failed() {
		return
	}
	body := fmt.Sprintf("## %s\n\n%s, %s, %d processors, race detector %s.\n\n%s\n", title, time.Now().UTC().Format("2006-01-02 15:04 UTC"),
		runtime.Version(), runtime.NumCPU(), map[bool]string{true: "on", false: "off"}[raced], strings.Join(lines, "\n"))
	old, err := os.ReadFile(reportFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	text := string(old)
	if text == "" {
		text = reportHead
	}
	begin := strings.Index(text, "## "+title+"\n")
	if begin < 0 {
		text += "\n" + body
	} else {
		end := strings.Index(text[begin+3:], "\n## ")
		if end < 0 {
			text = text[:begin] + body
		} else {
			text = text[:begin] + body + text[begin+3+end:]
		}
	}
	if err := os.WriteFile(reportFile, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
