package release

import (
	lru "container/list"
	"sync"
)

// Packages that stand open at once. What they hold is counted by the bytes of
// their files, packed and unpacked.
const (
	openMost      = 200
	openBytesMost = 64 << 20
)

// openPackages keeps the packages that were used last. The zero value is empty
// and ready.
type openPackages struct {
	mu    sync.Mutex
	by    map[string]*lru.Element
	order lru.List // of *Packed, the last used first
	bytes int64
}

// cacheKey tells packages apart by all that they are made of, so that nobody has
// to be told when a draft gets another one.
func cacheKey(version, key, digest string) string { return version + " " + key + " " + digest }

func (o *openPackages) get(p PackageInfo) *Packed {
	o.mu.Lock()
	defer o.mu.Unlock()
	e := o.by[cacheKey(p.Version.String(), p.Key, p.Digest)]
	if e == nil {
		return nil
	}
	o.order.MoveToFront(e)
	return e.Value.(*Packed)
}

func (o *openPackages) put(p *Packed) {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := cacheKey(p.Version, p.Key, p.Digest)
	if o.by == nil {
		o.by = map[string]*lru.Element{}
	}
	if o.by[key] != nil { // somebody else was quicker
		return
	}
	o.by[key] = o.order.PushFront(p)
	o.bytes += p.bytes()
	for o.order.Len() > openMost || o.bytes > openBytesMost && o.order.Len() > 1 {
		last := o.order.Remove(o.order.Back()).(*Packed)
		delete(o.by, cacheKey(last.Version, last.Key, last.Digest))
		o.bytes -= last.bytes()
	}
}

func (p *Packed) bytes() int64 {
	n := int64(len(p.Bundle.Bytes()))
	for _, f := range p.Bundle.File {
		n += int64(f.UncompressedSize64)
	}
	return n
}
