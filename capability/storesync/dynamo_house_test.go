package storesync_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server"
)

const role = "arn:aws:iam::123456789012:role/guestright"

// dynalite is a DynamoDB, npm dynalite as it is published, installed once.
type dynalite struct{ node, dir string }

func installDynalite(t *testing.T) dynalite {
	t.Helper()
	d := dynalite{node: testenv.Tool(t, "node", "nodejs"), dir: t.TempDir()}
	for _, name := range []string{"package.json", "package-lock.json"} {
		raw, err := os.ReadFile(filepath.Join("testdata/dynalite", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), testenv.Tool(t, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = d.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return d
}

// cloud is what stands under the names of AWS: a fake that gives sessions, and
// before the tables something that has no capacity when a test says so.
type cloud struct {
	*dynamodb.Client // as the customer's programs read
	inside           string

	mu       sync.Mutex
	external string // that the role asks for
	assumed  int
	short    int // batches that are done by halves
	faults   []string
}

func (d dynalite) start(t *testing.T, p *capabilitytest.Partner) *cloud {
	t.Helper()
	at := testenv.Addresses(t, 1)[0]
	_, port, _ := strings.Cut(at, ":")
	cmd := exec.CommandContext(t.Context(), d.node, filepath.Join(d.dir, "node_modules/dynalite/cli.js"), "--host", "127.0.0.1", "--port", port, "--createTableMs", "0", "--deleteTableMs", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	c := &cloud{inside: "http://" + at}
	own := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "reader", SecretAccessKey: "reader"}, nil
	})
	c.Client = dynamodb.New(dynamodb.Options{Region: "eu-central-1", BaseEndpoint: &c.inside, Credentials: own})
	srv := httptest.NewUnstartedServer(c)
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	for _, name := range []string{"sts.eu-central-1.amazonaws.com", "dynamodb.eu-central-1.amazonaws.com"} {
		certificate, key := p.Certificate(t, name)
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			t.Fatal(err)
		}
		srv.TLS.Certificates = append(srv.TLS.Certificates, pair)
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	p.Behind(443, srv.Listener.Addr().String())
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	signed := r.Header.Get("Authorization")
	if strings.HasPrefix(r.Host, "sts.") {
		c.assume(w, signed, string(body))
		return
	}
	if !strings.HasPrefix(signed, "AWS4-HMAC-SHA256 Credential=ASIASESSION/") || r.Header.Get("X-Amz-Security-Token") != "a session" {
		c.faults = append(c.faults, "not as the role: "+signed)
	}
	var rest map[string]any
	if c.short > 0 && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".BatchWriteItem") {
		c.short--
		body, rest = c.halve(body)
	}
	r2, err := http.NewRequestWithContext(r.Context(), r.Method, c.inside+"/", bytes.NewReader(body))
	if err != nil {
		return
	}
	r2.Header = r.Header.Clone()
	res, err := http.DefaultClient.Do(r2)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
	if rest != nil {
		answer, _ = json.Marshal(map[string]any{"UnprocessedItems": rest})
	}
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(answer)
}

// assume answers as AWS's token service does.
func (c *cloud) assume(w http.ResponseWriter, signed, body string) {
	form, _ := url.ParseQuery(body)
	w.Header().Set("Content-Type", "text/xml")
	if !strings.Contains(signed, "Credential=AKIAOPERATOR/") || form.Get("Action") != "AssumeRole" || form.Get("RoleArn") != role || form.Get("ExternalId") != c.external {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
		return
	}
	c.assumed++
	_, _ = io.WriteString(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIASESSION</AccessKeyId>
<SecretAccessKey>of the session</SecretAccessKey><SessionToken>a session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
}

// halve leaves half of a batch for another time.
func (c *cloud) halve(body []byte) ([]byte, map[string]any) {
	var batch struct{ RequestItems map[string][]any }
	if err := json.Unmarshal(body, &batch); err != nil {
		c.faults = append(c.faults, err.Error())
	}
	rest := map[string]any{}
	for table, all := range batch.RequestItems {
		if n := len(all) / 2; n > 0 {
			batch.RequestItems[table], rest[table] = all[:n], all[n:]
		}
	}
	out, _ := json.Marshal(batch)
	return out, rest
}

// tables is a house whose customer has a table.
type tables struct {
	*house
	cloud *cloud
}

func startTables(t *testing.T, d dynalite, db *store.DB, clock *storetest.Clock) *tables {
	t.Helper()
	file := filepath.Join(t.TempDir(), "aws")
	if err := os.WriteFile(file, []byte("of the operator\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := &tables{house: bare(t, db, clock, func(c *server.Config) { c.AWS = server.AWSCfg{ID: "AKIAOPERATOR", Secret: file} })}
	h.cloud = d.start(t, h.Partner)
	h.Until("the tables are up", func() bool {
		_, err := h.cloud.ListTables(context.Background(), &dynamodb.ListTablesInput{})
		return err == nil
	})
	h.table()
	t.Cleanup(func() {
		h.cloud.mu.Lock()
		defer h.cloud.mu.Unlock()
		if len(h.cloud.faults) > 0 {
			t.Error(h.cloud.faults)
		}
	})
	return h
}

// table makes the customer's table.
func (h *tables) table() {
	h.T.Helper()
	_, err := h.cloud.CreateTable(h.T.Context(), &dynamodb.CreateTableInput{TableName: aws.String("cohorts"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("namespace"), AttributeType: "S"}, {AttributeName: aws.String("key"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("namespace"), KeyType: "HASH"}, {AttributeName: aws.String("key"), KeyType: "RANGE"}}})
	if err != nil {
		h.T.Fatal(err)
	}
	h.Until("the table is there", func() bool {
		got, err := h.cloud.DescribeTable(h.T.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("cohorts")})
		return err == nil && got.Table.TableStatus == types.TableStatusActive
	})
}

// tabled sets up the integration that fills the table; the customer's role asks for
// the id that was made.
func (h *tables) tabled() configuration.Configuration {
	h.T.Helper()
	h.cloud.mu.Lock()
	h.cloud.external = "not known yet"
	h.cloud.mu.Unlock()
	c := h.Configure(h.Package("dynamodb", "testdata/dynamodb"), map[string]any{"tableName": "cohorts", "region": "eu-central-1", "roleArn": role})
	id, _ := c.Values["externalId"].(string)
	if len(id) != 32 {
		h.T.Fatalf("%v", c.Values)
	}
	h.trust(id)
	return c
}

func (h *tables) trust(external string) {
	h.cloud.mu.Lock()
	defer h.cloud.mu.Unlock()
	h.cloud.external = external
}

// items are those of a partition, by key.
func (h *tables) items(namespace string) map[string]map[string]types.AttributeValue {
	out := map[string]map[string]types.AttributeValue{}
	p := dynamodb.NewQueryPaginator(h.cloud, &dynamodb.QueryInput{TableName: aws.String("cohorts"), KeyConditionExpression: aws.String("#n = :n"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeNames: map[string]string{"#n": "namespace"}, ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberS{Value: namespace}}})
	for p.HasMorePages() {
		got, err := p.NextPage(context.Background())
		if err != nil {
			return nil
		}
		for _, item := range got.Items {
			out[item["key"].(*types.AttributeValueMemberS).Value] = item
		}
	}
	return out
}

// members are those of a cohort as a program reads them; nil when it is not there.
func (h *tables) members(prefix, cohort string) []string {
	set, ok := h.items(prefix + ":cohorts")[subject+cohort]["set"].(*types.AttributeValueMemberS)
	if !ok {
		return nil
	}
	out := []string{}
	for id := range h.items(fmt.Sprintf("%s:{%s}:%s", prefix, subject+cohort, set.Value)) {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// hasItems waits until a cohort has members.
func (h *tables) hasItems(prefix, cohort string, want ...string) {
	h.T.Helper()
	h.Until("the table has "+strings.Join(want, " "), func() bool {
		got := h.members(prefix, cohort)
		return got != nil && slices.Equal(got, want)
	})
}

// all is everything that stands in the table, by namespace and key.
func (h *tables) all() []string {
	var out []string
	p := dynamodb.NewScanPaginator(h.cloud, &dynamodb.ScanInput{TableName: aws.String("cohorts"), ConsistentRead: aws.Bool(true)})
	for p.HasMorePages() {
		got, err := p.NextPage(context.Background())
		if err != nil {
			return nil
		}
		for _, item := range got.Items {
			out = append(out, item["namespace"].(*types.AttributeValueMemberS).Value+" "+item["key"].(*types.AttributeValueMemberS).Value)
		}
	}
	slices.Sort(out)
	return out
}
