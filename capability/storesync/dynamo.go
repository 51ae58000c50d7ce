package storesync

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/awsrole"
	"github.com/guestright/guestright/kit/problem"
)

var dynamoDriver = driver{method: "PutItem", open: openDynamo, judge: judgeDynamo,
	host: func(in capability.Instance) string { return in.Given.Config.Text("region") }}

// restTime is how long a set stands after another took its place: a reader that
// has just read its name still finds it.
const restTime = time.Minute

// The attributes of the table's key, and of the item of a cohort.
const (
	attrNamespace = "namespace"
	attrKey       = "key"
	attrValue     = "value"
	attrSet       = "set"   // the name of the set in which its members stand
	attrRest      = "stale" // sets that go: name → Unix milliseconds from when
)

type attributes = map[string]types.AttributeValue

// dynamoShelf is a table of DynamoDB.
type dynamoShelf struct {
	db            *dynamodb.Client
	table, prefix string
	now           func() time.Time
	cohorts       map[string]attributes // the items as they stand: nobody else writes them
	next          map[string]string     // subject → the set that is being written
}

// roleOf reads the role by the names of fields that packages have.
func roleOf(in capability.Instance) awsrole.Role {
	v := in.Given.Config
	return awsrole.Role{ARN: v.Text("roleArn"), External: v.Text("externalId"), Region: v.Text("region")}
}

func judgeDynamo(s *Service, in capability.Instance) []problem.Field {
	if err := s.AWS.Ready(); err != nil {
		return []problem.Field{{Code: problem.CodeOf(err), Detail: words(err)}}
	}
	if what := roleOf(in).Check(); what != "" {
		return []problem.Field{{Code: "malformed", Detail: what}}
	}
	return nil
}

func openDynamo(s *Service, in capability.Instance, prefix string) (shelf, error) {
	if err := s.AWS.Ready(); err != nil {
		return nil, err
	}
	role := roleOf(in)
	if what := role.Check(); what != "" {
		return nil, problem.Unavailable("store_refused", what, nil)
	}
	db := dynamodb.NewFromConfig(s.AWS.As(role), func(o *dynamodb.Options) {
		o.AccountIDEndpointMode = aws.AccountIDEndpointModeDisabled // one host for each region
	})
	return &dynamoShelf{db: db, table: in.Given.Config.Text("tableName"), prefix: prefix, now: s.DB.Now, cohorts: map[string]attributes{}, next: map[string]string{}}, nil
}

func (d *dynamoShelf) close() {}

func (d *dynamoShelf) fault(ctx context.Context, err error) error { return awsrole.Fault(ctx, err) }

// space is the partition of something, behind the prefix.
func (d *dynamoShelf) space(of string) string { return d.prefix + ":" + of }

// set is the partition of a cohort's members.
func (d *dynamoShelf) set(subject, name string) string {
	return d.space("{" + subject + "}:" + name)
}

func (d *dynamoShelf) try(ctx context.Context) error {
	space, text := d.space("test"), rand.Text()
	if err := d.put(ctx, space, text, attributes{attrValue: word(text)}); err != nil {
		return err
	}
	got, err := d.get(ctx, space, text)
	if err == nil && textOf(got[attrValue]) != text {
		err = problem.Unavailable("store_refused", "It gave back something else.", errors.New("another item"))
	}
	return errors.Join(err, d.remove(ctx, space, text))
}

func (d *dynamoShelf) mark(ctx context.Context) (string, error) {
	got, err := d.get(ctx, d.space("state"), "mark")
	return textOf(got[attrValue]), err
}

func (d *dynamoShelf) begin(ctx context.Context, mark string) error {
	return d.put(ctx, d.space("state"), "mark", attributes{attrValue: word(mark)})
}

func (d *dynamoShelf) done(ctx context.Context, at time.Time) error {
	return d.put(ctx, d.space("state"), "synchronized_on", attributes{attrValue: number(at.UnixMilli())})
}

// look lists the cohorts, and removes the sets that have rested.
func (d *dynamoShelf) look(ctx context.Context) ([]string, error) {
	err := d.walk(ctx, d.space("cohorts"), func(some []attributes) error {
		for _, item := range some {
			d.cohorts[textOf(item[attrKey])] = item
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	subjects := slices.Sorted(maps.Keys(d.cohorts))
	for _, subject := range subjects {
		var over []string
		for name, since := range restOf(d.cohorts[subject]) {
			if d.now().Sub(time.UnixMilli(since)) >= restTime {
				over = append(over, name)
			}
		}
		if err := d.clear(ctx, subject, over); err != nil {
			return nil, err
		}
	}
	return subjects, nil
}

// clear removes sets, and then their names.
func (d *dynamoShelf) clear(ctx context.Context, subject string, sets []string) error {
	if len(sets) == 0 {
		return nil
	}
	rest := restOf(d.cohorts[subject])
	for _, name := range sets {
		space := d.set(subject, name)
		err := d.walk(ctx, space, func(some []attributes) error {
			var all []types.WriteRequest
			for _, item := range some {
				all = append(all, removal(space, textOf(item[attrKey])))
			}
			return d.batches(ctx, all)
		})
		if err != nil {
			return err
		}
		delete(rest, name)
	}
	return d.save(ctx, subject, attributes{attrRest: restValue(rest)})
}

// save changes attributes of a cohort's item; nil takes one away.
func (d *dynamoShelf) save(ctx context.Context, subject string, changes attributes) error {
	item := maps.Clone(d.cohorts[subject])
	if item == nil {
		item = attributes{}
	}
	for name, v := range changes {
		if item[name] = v; v == nil {
			delete(item, name)
		}
	}
	if err := d.put(ctx, d.space("cohorts"), subject, item); err != nil {
		return err
	}
	d.cohorts[subject] = item
	return nil
}

// prepare notes the name of a new set among those that go, so that it goes if it is
// never finished.
func (d *dynamoShelf) prepare(ctx context.Context, subject string, whole bool) (bool, error) {
	if !whole && d.cohorts[subject][attrSet] != nil {
		return false, nil
	}
	name := rand.Text()
	rest := restOf(d.cohorts[subject])
	rest[name] = d.now().UnixMilli()
	d.next[subject] = name
	return true, d.save(ctx, subject, attributes{attrRest: restValue(rest)})
}

func (d *dynamoShelf) write(ctx context.Context, w part) error {
	name := d.next[w.subject]
	if !w.whole {
		name = textOf(d.cohorts[w.subject][attrSet])
	}
	space := d.set(w.subject, name)
	var all []types.WriteRequest
	for _, id := range w.joined {
		all = append(all, types.WriteRequest{PutRequest: &types.PutRequest{Item: keyOf(space, id)}})
	}
	for _, id := range w.left {
		all = append(all, removal(space, id))
	}
	return d.batches(ctx, all)
}

// finish has the cohort's item name the new set, in one step with what it says
// about the cohort.
func (d *dynamoShelf) finish(ctx context.Context, subject string, says described, whole bool) error {
	changes := attributes{"version": number(says.Version), "members": number(says.Members), "name": word(says.Name), "subject_kind": word(says.SubjectKind)}
	if whole {
		name, rest := d.next[subject], restOf(d.cohorts[subject])
		delete(rest, name)
		if old := textOf(d.cohorts[subject][attrSet]); old != "" {
			rest[old] = d.now().UnixMilli()
		}
		changes[attrSet], changes[attrRest] = word(name), restValue(rest)
	}
	return d.save(ctx, subject, changes)
}

// drop takes the name of the set away first: nobody reads from what is going.
func (d *dynamoShelf) drop(ctx context.Context, subject string) error {
	rest := restOf(d.cohorts[subject])
	if old := textOf(d.cohorts[subject][attrSet]); old != "" {
		rest[old] = d.now().UnixMilli()
		if err := d.save(ctx, subject, attributes{attrSet: nil, attrRest: restValue(rest)}); err != nil {
			return err
		}
	}
	if err := d.clear(ctx, subject, slices.Collect(maps.Keys(rest))); err != nil {
		return err
	}
	return d.remove(ctx, d.space("cohorts"), subject)
}

func restOf(item attributes) map[string]int64 {
	out := map[string]int64{}
	if m, ok := item[attrRest].(*types.AttributeValueMemberM); ok {
		for name, v := range m.Value {
			if n, ok := v.(*types.AttributeValueMemberN); ok {
				out[name], _ = strconv.ParseInt(n.Value, 10, 64) // 0: it goes at once
			}
		}
	}
	return out
}

func restValue(rest map[string]int64) types.AttributeValue {
	m := attributes{}
	for name, at := range rest {
		m[name] = number(at)
	}
	return &types.AttributeValueMemberM{Value: m}
}
