package storesync

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/guestright/guestright/kit/problem"
)

const (
	batchMost    = 25 // items that one BatchWriteItem takes
	batchesAtime = 8
	batchTries   = 12
	batchWait    = 50 * time.Millisecond // before the second try, doubling
	batchWaits   = 10 * time.Second      // at most
)

func word(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// textOf is the text of a value; "" when it is none.
func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func keyOf(space, key string) attributes {
	return attributes{attrNamespace: word(space), attrKey: word(key)}
}

func removal(space, key string) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: keyOf(space, key)}}
}

// put writes an item in the place of what was there.
func (d *dynamoShelf) put(ctx context.Context, space, key string, item attributes) error {
	item[attrNamespace], item[attrKey] = word(space), word(key)
	_, err := d.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: item})
	return err
}

// get reads an item; it is empty when it is not there.
func (d *dynamoShelf) get(ctx context.Context, space, key string) (attributes, error) {
	got, err := d.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table, Key: keyOf(space, key), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return got.Item, nil
}

func (d *dynamoShelf) remove(ctx context.Context, space, key string) error {
	_, err := d.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &d.table, Key: keyOf(space, key)})
	return err
}

// walk goes through the items of one partition.
func (d *dynamoShelf) walk(ctx context.Context, space string, f func(some []attributes) error) error {
	var from attributes
	for {
		got, err := d.db.Query(ctx, &dynamodb.QueryInput{TableName: &d.table, ConsistentRead: aws.Bool(true), ExclusiveStartKey: from,
			KeyConditionExpression: aws.String("#n = :n"), ExpressionAttributeNames: map[string]string{"#n": attrNamespace}, ExpressionAttributeValues: attributes{":n": word(space)}})
		if err != nil {
			return err
		}
		if err := f(got.Items); err != nil {
			return err
		}
		if from = got.LastEvaluatedKey; len(from) == 0 {
			return nil
		}
	}
}

// batches writes many items, some calls at a time. The first fault ends it.
func (d *dynamoShelf) batches(ctx context.Context, all []types.WriteRequest) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	free := make(chan struct{}, batchesAtime)
	for len(all) > 0 {
		some := all[:min(len(all), batchMost)]
		all = all[len(some):]
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			if err := d.batch(ctx, some); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// batch writes up to 25 items, and those again that the table had no capacity for.
func (d *dynamoShelf) batch(ctx context.Context, some []types.WriteRequest) error {
	wait := batchWait
	for range batchTries {
		got, err := d.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{d.table: some}})
		if err != nil {
			return err
		}
		if some = got.UnprocessedItems[d.table]; len(some) == 0 {
			return nil
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) // so that not all come at once
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
		wait = min(2*wait, batchWaits)
	}
	return problem.Unavailable("store_refused", "The table has no more capacity for writes at the moment.", nil)
}
