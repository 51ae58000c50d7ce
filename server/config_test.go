package server_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/server"
)

var update = flag.Bool("update", false, "write golden files")

func load(t *testing.T, text string, env map[string]string) (server.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guestright.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.LoadConfigWith(path, func(k string) string { return env[k] })
}

// findings gives what is wrong, one "pointer: detail" a line.
func findings(err error) string {
	var b strings.Builder
	for _, f := range problem.Of(err).Fields {
		b.WriteString(f.Pointer + ": " + f.Detail + "\n")
	}
	return b.String()
}

func TestConfigIsReadStrictly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"near in the block", "gateway:\n  lisen: 127.0.0.1:1\n", `line 2 gateway.lisen: There is no key "lisen" here; did you mean "listen"?`},
		{"near at the top", "databse: x.db\n", `line 1 databse: There is no key "databse" here; did you mean "database"?`},
		{"near in another block", "access_life: 5m\n", `line 1 access_life: There is no key "access_life" here; did you mean "tokens.access_life"?`},
		{"near nothing", "tls:\n  qqqqqqqqqqqqqqqq: 1\n", "the keys under tls are certificate_file, key_file"},
		{"twice", "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "listen"},
		{"not a block", "tls: yes please\n", "line 1 tls: A block of keys is expected here."},
		{"not a list", "behind_proxy:\n  trusted: 10.0.0.0/8\n", "line 2 behind_proxy.trusted: A list is expected here"},
		{"not a value", "listen: [a]\n", "line 1 listen: A single value is expected here."},
		{"not a truth", "sign_in:\n  sign_up: maybe\n", "line 2 sign_in.sign_up: Write true or false."},
		{"not a number", "mail:\n  port: smtp\n", "line 2 mail.port: A whole number"},
		{"not a span", "tokens:\n  access_life: soon\n", "line 2 tokens.access_life: A time span"},
		{"alias", "url: &a http://127.0.0.1:1\nlisten: *a\n", "Anchors and aliases"},
		{"two documents", "url: http://127.0.0.1:1\n---\nlisten: x\n", "more than one document"},
		{"broken", "url: [\n", "line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.text, nil)
			if problem.CodeOf(err) != "config_invalid" || !strings.Contains(findings(err), c.want) {
				t.Errorf("%v\n%s\nwant %s", err, findings(err), c.want)
			}
		})
	}
}

func TestConfigDefaultsFileAndVariables(t *testing.T) {
	t.Parallel()
	c, err := load(t, "# nothing\n", nil)
	if err != nil || c.Listen != server.Defaults().Listen || c.Check() != nil {
		t.Errorf("an empty file: %v %v %v", c.Listen, err, c.Check())
	}
	c, err = load(t, "gateway:\ntokens:\n  access_life: 10m\nlisten: 127.0.0.1:1111\nurl:\n",
		map[string]string{"GUESTRIGHT_LISTEN": "127.0.0.1:2222", "GUESTRIGHT_ACCESS_LIFE": "1s", "GUESTRIGHT_MASTER_KEY_FILE": "key"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2222" || time.Duration(c.Tokens.Access) != 10*time.Minute || c.URL != server.Defaults().URL {
		t.Errorf("listen %s, life %v, url %s", c.Listen, c.Tokens.Access, c.URL)
	}
	if !filepath.IsAbs(c.MasterKey) {
		t.Errorf("a path in a variable begins at the working directory, not at the file: %s", c.MasterKey)
	}
	from := map[string]string{}
	for _, s := range c.Settings() {
		from[s.Key] = s.From
	}
	if from["listen"] != "GUESTRIGHT_LISTEN" || from["tokens.access_life"] != "file" || from["database"] != "default" {
		t.Errorf("origins: %v", from)
	}
	if _, err := server.LoadConfigWith(filepath.Join(t.TempDir(), "absent.yaml"), func(string) string { return "" }); err == nil {
		t.Error("a file that was named and is absent is an error")
	}
}

// What init writes is what check reads, and every key is explained.
func TestConfigIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	want := server.Defaults()
	want.Listen, want.Tokens.Access, want.Proxy.Trusted, want.SignIn.SignUp = "127.0.0.1:9999", server.Duration(90*time.Second), []string{"10.1.2.0/24"}, false
	want.Groups.Hint = "no # comment: \"here\""
	var b bytes.Buffer
	if err := server.WriteConfig(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := load(t, b.String(), nil)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, findings(err), b.String())
	}
	was, is := want.Settings(), got.Settings()
	for i := range was {
		if was[i].Value != is[i].Value {
			t.Errorf("%s: wrote %s, read %s", was[i].Key, was[i].Value, is[i].Value)
		}
		if was[i].Doc == "" {
			t.Errorf("%s is not explained", was[i].Key)
		}
	}
}

func TestEffectiveConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	c, err := load(t, "database: postgres://gr:hunter2secret@db.example/gr?sslmode=require\nmail:\n  password_file: pw\n", nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := server.WriteEffective(&b, c); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "hunter2") || !strings.Contains(b.String(), "gr:hidden@db.example") {
		t.Errorf("the password shows:\n%s", b.String())
	}
	if !strings.Contains(b.String(), "file; absent") {
		t.Errorf("a missing secret file is not told:\n%s", b.String())
	}
	if err := c.Check(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password in the configuration: %v", err)
	}
}

// C-03 and its neighbours: weak settings do not start.
func TestC03WeakSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, key string }{
		{"listen: 0.0.0.0:8480\n", "listen"},
		{"listen: 10.0.0.1:8480\n", "listen"},
		{"gateway:\n  listen: ':8490'\n", "gateway.listen"},
		{"watch:\n  listen: 0.0.0.0:8470\n", "watch.listen"},
		{"checks:\n  listen: 0.0.0.0:8471\n", "checks.listen"},
		{"checks:\n  grpc: 10.0.0.1:8472\n", "checks.grpc"},
		{"url: http://hub.example.com\n", "url"},
		{"url: https://hub.example.com/sub\n", "url"},
		{"url: ftp://hub.example.com\n", "url"},
		{"behind_proxy:\n  trusted: [0.0.0.0/0]\n", "behind_proxy.trusted"},
		{"behind_proxy:\n  trusted: ['::/0']\n", "behind_proxy.trusted"},
		{"outbound:\n  allowed_networks: [0.0.0.0/0]\n", "outbound.allowed_networks"},
		{"tls:\n  certificate_file: a.pem\n", "tls"},
		{"tokens:\n  access_life: 48h\n", "tokens.access_life"},
		{"tokens:\n  access_life: 0s\n", "tokens.access_life"},
		{"database: mysql://db/x\n", "database"},
		{"mail:\n  host: mail.example.com\n  from: a@example.com\n  plain_text: true\n", "mail.plain_text"},
		{"mail:\n  host: mail.example.com\n", "mail.from"},
		{"sign_in:\n  oidc:\n    issuer: https://id.example.com\n", "sign_in.oidc"},
		{"provisioning_hook:\n  url: https://product.example/hook\n", "provisioning_hook"},
		{"host:\n  tasks_url: https://product.example/tasks\n", "host"},
		{"host:\n  tasks_url: product.example/tasks\n  tasks_secret_file: s\n", "host.tasks_url"},
		{"gateway:\n  listen: 127.0.0.1:8480\n", "gateway.listen"},
		{"gateway:\n  compatible_headers: x-mine\n", "gateway.compatible_headers"},
		{"listen: nowhere\n", "listen"},
		{"events:\n  keep_days: 6\n", "events.keep_days"},
		{"events:\n  keep_days: 3651\n", "events.keep_days"},
		{"events:\n  keep_days: 500\n", "events.keep_counts_days"},
		{"events:\n  keep_counts_days: 3651\n", "events.keep_counts_days"},
	} {
		cfg, err := load(t, c.text, nil)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if err := cfg.Check(); !strings.Contains("\n"+findings(err), "\n"+c.key+": ") {
			t.Errorf("%q is not refused at %s: %v", c.text, c.key, err)
		}
	}
	for _, good := range []string{
		"listen: 0.0.0.0:8480\ngateway: {listen: '0.0.0.0:8490'}\ntls: {certificate_file: a, key_file: b}\n",
		"listen: 10.0.0.1:8480\nurl: https://hub.example.com\nbehind_proxy: {trusted: [10.0.0.2/32]}\n",
		"checks: {listen: '10.0.0.1:8471', key_file: k}\n",
		"database: postgres://gr@db.example/gr?passfile=/etc/guestright/pgpass\n",
		"listen: '[::1]:8480'\n",
	} {
		cfg, err := load(t, good, nil)
		if err != nil || cfg.Check() != nil {
			t.Errorf("%q: %v %v", good, err, cfg.Check())
		}
	}
}

// The guide is made of the keys, so it cannot fall behind.
func TestConfigurationGuide(t *testing.T) {
	t.Parallel()
	golden(t, "../docs/configuration.md", server.ConfigurationGuide())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is out of date: go test ./server -run %s -update", path, t.Name())
	}
}
