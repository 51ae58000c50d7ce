package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/guestright/guestright/"

// ladder is the order of the house: a package imports only what stands before
// it. Nothing else makes the architecture hold.
var ladder = []string{
	"schema",
	// kit: tools that know none of our nouns
	"kit/testenv", "kit/problem", "kit/ident", "kit/network", "kit/socket", "kit/secret", "kit/store", "kit/store/storetest", "kit/job", "kit/web", "kit/outbound", "kit/redisconn", "kit/awsrole", "kit/dpop", "kit/hook", "kit/markdown",
	// words: pure
	"access", "manifest/value", "manifest/view", "manifest/fixture", "manifest/template", "manifest/schema", "manifest/launchdarkly", "manifest", "catalog", "catalog/profile", "manifest/members", "manifest/request", "manifest/lint", "manifest/bundle",
	// record
	"audit", "usage", "quota",
	// people
	"identity/password", "identity", "account", "role", "group", "notice", "notice/noticetest", "domain", "application",
	// power
	"grant", "token",
	// what happened
	"event", "webhook/broker", "webhook",
	// offer
	"programme", "release", "announcement",
	// connect
	"integration", "admission", "sheet", "listing", "host", "capability", "configuration", "connection", "capability/approval", "capability/eventhook", "capability/membership", "capability/reservedproperty", "capability/resourcelink", "capability/trigger", "capability/useraction", "capability/driveraction", "capability/snapshotpush", "capability/importer", "capability/storesync", "private", "apitoken", "legacy", "consent", "registration", "authorization", "insight", "recording", "sandbox", "checklist", "leak", "suspension", "ledger",
	// edge
	"edge/page", "edge/page/assets/axe", "edge/page/pagetest", "edge/page/gallery", "edge/page/listed",
	"edge/oauth", "edge/api", "edge/directory",
	"edge/gateway/strict", "edge/gateway/upstream", "edge/gateway", "edge/gateway/envoy",
	"edge/console",
	// for outsiders: imports nothing of ours
	"client/internal/jwks", "client/identity", "client/identity/identitytest", "client/webhook", "client/outbox", "client/events", "client/host", "client/snapshot",
	"example/pennant", "example/pennant/cmd/pennant", "example/board", "example/signoff", "example/guestlist", "example/deploybot", "example/deploybot/cmd/deploybot",
	// top
	"server", "server/servertest", "capability/capabilitytest", "server/fronttest", "server/demo", "cmd/guestright",
	"bench/load", "bench/house", "bench/proxy", "bench/gateway", "bench/tokens", "bench/events", "bench/templates", "bench/hooks", "bench/directory",
}

// testOnly may be imported by tests and by other test support only.
var testOnly = []string{"kit/testenv", "kit/store/storetest", "notice/noticetest", "edge/page/pagetest", "edge/page/gallery", "edge/page/assets/axe", "client/identity/identitytest", "server/servertest", "server/fronttest", "capability/capabilitytest"}

// doors never import one another; the server joins them.
var doors = []string{"edge/oauth", "edge/api", "edge/directory", "edge/gateway", "edge/console"}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestPackagesImportDownTheLadder(t *testing.T) {
	t.Parallel()
	rung := map[string]int{}
	for i, p := range ladder {
		rung[p] = i
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		at, ok := rung[name]
		if !ok {
			t.Errorf("%s is not on the ladder: give it a place in server/ladder_test.go", name)
			continue
		}
		for _, imp := range p.Imports {
			dep, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			switch to, known := rung[dep]; {
			case !known:
				t.Errorf("%s imports %s, which is not on the ladder", name, dep)
			case to >= at:
				t.Errorf("%s imports %s, which stands later on the ladder", name, dep)
			case slices.Contains(testOnly, dep) && !slices.Contains(testOnly, name):
				t.Errorf("%s imports %s, which is for tests only", name, dep)
			case slices.Contains(doors, name) && slices.Contains(doors, dep):
				t.Errorf("the door %s imports the door %s", name, dep)
			case strings.HasPrefix(name, "client/") && !strings.HasPrefix(dep, "client/"):
				t.Errorf("%s is for outsiders and imports %s", name, dep)
			}
		}
	}
}

// The dependencies that only one folder may know.
func TestGuardedDependencies(t *testing.T) {
	t.Parallel()
	only := map[string][]string{
		"modernc.org/sqlite":            {"kit/store", "example/pennant"},
		"github.com/jackc/pgx/v5":       {"kit/store", "kit/store/storetest", "bench/events"},
		"github.com/pressly/goose/v3":   {"kit/store"},
		"github.com/danielgtaylor/huma": {"kit/web"},
		"golang.org/x/crypto/argon2":    {"identity/password"},
		"github.com/alecthomas/kong":    {"cmd/guestright"},
		"google.golang.org/grpc":        {"edge/gateway/envoy", "server"},
		"github.com/yuin/goldmark":      {"kit/markdown"},
		"github.com/redis/go-redis/v9":  {"kit/redisconn", "webhook/broker", "capability/storesync"},
		"github.com/aws/aws-sdk-go-v2":  {"kit/awsrole", "webhook/broker", "capability/storesync"},
		"github.com/nats-io/nats.go":    {"webhook/broker"},
		"github.com/twmb/franz-go":      {"webhook/broker"},
		"github.com/mailgun/raymond/v2": {"bench/templates"},

		"github.com/rabbitmq/amqp091-go":         {"webhook/broker"},
		"github.com/envoyproxy/go-control-plane": {"edge/gateway/envoy"},
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			for dep, allowed := range only {
				if (imp == dep || strings.HasPrefix(imp, dep+"/")) && !slices.Contains(allowed, name) {
					t.Errorf("%s imports %s; only %v may", name, imp, allowed)
				}
			}
		}
	}
}
