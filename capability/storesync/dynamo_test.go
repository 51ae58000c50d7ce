package storesync_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/guestright/guestright/capability/storesync"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// The customer's store is a table of DynamoDB.
func TestDynamoDB(t *testing.T) {
	t.Parallel()
	d := installDynalite(t)
	t.Run("filled", func(t *testing.T) {
		storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
			clock := storetest.NewClock()
			tableIsFilled(startTables(t, d, open(clock), clock))
		})
	})
	t.Run("many", func(t *testing.T) { tableOfMany(startTables(t, d, nil, storetest.NewClock())) })
	t.Run("lost", func(t *testing.T) { tableIsLost(startTables(t, d, nil, storetest.NewClock())) })
	t.Run("tried", func(t *testing.T) { tableIsTried(startTables(t, d, nil, storetest.NewClock())) })
}

// Whoever belongs stands there, whoever leaves does not, a cohort that ends is gone,
// and what is another's stays.
func tableIsFilled(h *tables) {
	t := h.T
	foreign := []string{"guestright ada", "guestright2:cohorts " + subject + "c1", "shop:{" + subject + "c1}:x ada"}
	for _, f := range foreign {
		space, key, _ := strings.Cut(f, " ")
		_, err := h.cloud.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("cohorts"),
			Item: map[string]types.AttributeValue{"namespace": &types.AttributeValueMemberS{Value: space}, "key": &types.AttributeValueMemberS{Value: key}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.batch("+ada +bob")
	c := h.tabled()
	h.Until("it is tried", func() bool { r := h.report(c); return r.Successes > 0 || r.Failures > 0 })
	h.Clock.Advance(6 * time.Minute)
	h.hasItems("guestright", "c1", "ada", "bob")
	h.batch("-ada +cem +dan@c2")
	h.hasItems("guestright", "c1", "bob", "cem")
	h.hasItems("guestright", "c2", "dan")
	h.Until("it is described", func() bool {
		item := h.items("guestright:cohorts")[subject+"c1"]
		version, _ := item["version"].(*types.AttributeValueMemberN)
		return version != nil && version.Value == "2" && item["members"].(*types.AttributeValueMemberN).Value == "2" &&
			item["name"].(*types.AttributeValueMemberS).Value == "Night owls" && item["subject_kind"].(*types.AttributeValueMemberS).Value == "user"
	})
	h.batch("-dan@c2")
	h.hasItems("guestright", "c2")
	h.Until("it is told", func() bool { return h.items("guestright:state")["synchronized_on"] != nil && h.report(c).State == "" })
	if err := h.Configurations.Delete(t.Context(), h.Admin, h.source.ID); err != nil {
		t.Fatal(err)
	}
	want := append([]string{"guestright:state mark", "guestright:state synchronized_on"}, foreign...)
	slices.Sort(want)
	h.Until("the cohorts are gone", func() bool { return slices.Equal(h.all(), want) })
	h.cloud.mu.Lock()
	defer h.cloud.mu.Unlock()
	if h.cloud.assumed > 2 {
		t.Errorf("the role was taken on %d times", h.cloud.assumed)
	}
}

// Many members go in batches, again and again while the table has no capacity; what
// is written whole is never seen half, and what it replaces goes a minute later.
func tableOfMany(h *tables) {
	t := h.T
	var all []string
	for i := range 1200 {
		all = append(all, fmt.Sprintf(`{"cohortId":"c1","cohortName":"Many","userId":"u%04d","value":true}`, i))
	}
	h.post(`{"environmentId":"e","batch":[` + strings.Join(all, ",") + `]}`)
	h.cloud.mu.Lock()
	h.cloud.short = 20
	h.cloud.mu.Unlock()
	c := h.tabled()
	whole := func() bool {
		n := len(h.members("guestright", "c1"))
		if n != 0 && n != 1200 {
			t.Fatalf("seen with %d", n)
		}
		return n == 1200
	}
	h.Clock.Advance(6 * time.Minute)
	h.Until("all are there", whole)
	h.Until("it is well", func() bool { return h.report(c).Successes > 0 })
	_, err := h.cloud.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("cohorts"),
		Key: map[string]types.AttributeValue{"namespace": &types.AttributeValueMemberS{Value: "guestright:state"}, "key": &types.AttributeValueMemberS{Value: "mark"}}})
	if err != nil {
		t.Fatal(err)
	}
	set := func() string {
		v, _ := h.items("guestright:cohorts")[subject+"c1"]["set"].(*types.AttributeValueMemberS)
		if v == nil {
			return ""
		}
		return v.Value
	}
	before := set()
	h.Clock.Advance(2 * time.Minute)
	h.Until("it is written anew", func() bool { return whole() && set() != before })
	if n := len(h.all()); n < 2400 {
		t.Errorf("the old set has gone at once: %d items", n)
	}
	h.Clock.Advance(2 * time.Minute)
	h.Until("the old set goes", func() bool { return whole() && len(h.all()) == 1203 })
}

// A table that is made anew is filled again.
func tableIsLost(h *tables) {
	t := h.T
	h.batch("+ada")
	c := h.tabled()
	h.Clock.Advance(6 * time.Minute)
	h.hasItems("guestright", "c1", "ada")
	if _, err := h.cloud.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("cohorts")}); err != nil {
		t.Fatal(err)
	}
	h.batch("+bob")
	h.Until("it is told", func() bool { r := h.report(c); return r.State == "failing" })
	if text := h.report(c).Errors[0].Text; !strings.Contains(text, "ResourceNotFoundException") {
		t.Error(text)
	}
	h.table()
	h.Clock.Advance(6 * time.Minute)
	h.hasItems("guestright", "c1", "ada", "bob")
	h.Until("it is well", func() bool { return h.report(c).State == "" })
}

// It is tried before anything depends on it; without the operator's key it can't be
// switched on.
func tableIsTried(h *tables) {
	t := h.T
	c := h.tabled()
	external := c.Values["externalId"].(string)
	for name, one := range map[string]struct {
		external, table, want string
	}{
		"right":    {external, "cohorts", ""},
		"no trust": {"another", "cohorts", "AccessDenied"},
		"no table": {external, "others", "ResourceNotFoundException"},
	} {
		h.trust(one.external)
		// A session that was opened is kept; another role has none.
		arn := role
		values := map[string]any{"tableName": one.table, "region": "eu-central-1", "roleArn": arn, "externalId": "forged"}
		if one.external == "another" {
			values["roleArn"] = role + "2"
		}
		if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: values}); err != nil {
			t.Fatal(err)
		}
		got, err := h.Configurations.Try(t.Context(), h.Admin, c.ID, storesync.Name)
		if err != nil || got.OK != (one.want == "") || !strings.Contains(got.Failure, one.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if left := h.items("guestright:test"); len(left) > 0 {
		t.Error(left)
	}
	for _, bad := range []string{"guestright", "arn:aws:iam::12:role/x", "arn:aws:iam::123456789012:user/x"} {
		values := map[string]any{"tableName": "cohorts", "region": "eu-central-1", "roleArn": bad}
		if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Values: values, Capabilities: switchedOn}); code(err) != "configuration_invalid" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestWithoutTheOperatorsKey(t *testing.T) {
	t.Parallel()
	h := bare(t, nil, storetest.NewClock())
	i := h.Package("dynamodb", "testdata/dynamodb")
	values := map[string]any{"tableName": "cohorts", "region": "eu-central-1", "roleArn": role}
	_, err := h.Configurations.Create(t.Context(), h.Admin, i.ID, configuration.Draft{Values: values, Capabilities: switchedOn})
	p := problem.Of(err)
	text, _ := json.Marshal(p.Fields)
	if p.Code != "configuration_invalid" || !strings.Contains(string(text), "aws.access_key_id") {
		t.Errorf("%v %s", err, text)
	}
	// One that was on before is told so.
	c := h.Configure(i, values)
	h.Until("it is told", func() bool {
		r := h.report(c)
		return r.State == "failing" && strings.Contains(r.Errors[0].Text, "aws.access_key_id")
	})
}

var switchedOn = map[string]configuration.Choice{storesync.Name: {On: new(true)}}
