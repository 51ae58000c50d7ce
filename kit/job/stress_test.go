package job_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestManyAddToOneLaneAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		const writers, each = 32, 20
		db := open(nil)
		r := &job.Runner{DB: db}
		all := make(chan struct{})
		var done atomic.Int64
		job.Handle(r, greet, func(context.Context, greeting) error {
			if done.Add(1) == writers*each {
				close(all)
			}
			return nil
		})
		running(t, r)
		var adding sync.WaitGroup
		for w := range writers {
			adding.Go(func() {
				for i := range each {
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						return greet.Add(tx, greeting{Name: fmt.Sprint(w, i)}, job.Options{})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		adding.Wait()
		if !t.Failed() {
			<-all
		}
	})
}
