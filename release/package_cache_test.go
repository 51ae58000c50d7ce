package release

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/manifest/bundle"
)

// What is used stays; what nobody asked for the longest goes first.
func TestOpenPackagesAreBounded(t *testing.T) {
	t.Parallel()
	noise := make([]byte, bundle.FileMost)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	small := fstest.MapFS{"manifest.json": {Data: []byte("{}")}}
	large := fstest.MapFS{"manifest.json": {Data: []byte("{}")}, "a": {Data: noise}, "b": {Data: noise}, "c": {Data: noise}, "d": {Data: noise}}
	for name, c := range map[string]struct {
		files fstest.MapFS
		keep  int
	}{"many": {small, openMost}, "large": {large, openBytesMost / (8 << 20)}} {
		b, found, err := bundle.Folder(c.files)
		if err != nil || len(found) > 0 {
			t.Fatal(found, err)
		}
		var o openPackages
		var all []PackageInfo
		for i := range c.keep + 2 {
			info := PackageInfo{Version: ident.ID[Version]{}, Key: "a", Digest: fmt.Sprint(i)}
			all = append(all, info)
			o.put(&Packed{Version: info.Version.String(), Key: info.Key, Digest: info.Digest, Bundle: b})
			o.put(&Packed{Version: info.Version.String(), Key: info.Key, Digest: info.Digest, Bundle: b}) // counts once
			if o.get(all[0]) == nil {
				t.Fatalf("%s: the one in use has gone after %d", name, i)
			}
		}
		if n := o.order.Len(); n < c.keep-2 || n > c.keep || len(o.by) != n || o.bytes > openBytesMost {
			t.Errorf("%s: %d packages, %d bytes", name, n, o.bytes)
		}
		if o.get(all[1]) != nil || o.get(all[len(all)-1]) == nil {
			t.Errorf("%s: another one went", name)
		}
		other := all[0]
		other.Key = "b"
		if o.get(other) != nil {
			t.Errorf("%s: a package under another key", name)
		}
	}
}
