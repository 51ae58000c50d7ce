package pennant

import "sync"

// bell wakes those who wait for changes of an account. It carries nothing: the listeners read the database, so a
// missed ring costs nothing once they look.
type bell struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
	closed  chan struct{}
	once    sync.Once
}

func newBell() *bell {
	return &bell{waiting: map[string]chan struct{}{}, closed: make(chan struct{})}
}

// next returns a channel that is closed at the account's next change. Ask before reading, wait after.
func (b *bell) next(account string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.waiting[account]
	if !ok {
		c = make(chan struct{})
		b.waiting[account] = c
	}
	return c
}

func (b *bell) ring(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.waiting[account]
	if ok {
		close(c)
		delete(b.waiting, account)
	}
}

// close ends every stream.
func (b *bell) close() { b.once.Do(func() { close(b.closed) }) }
