package capability

import (
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/manifest/view"
)

// ViewHost is what views know of the product: it stands in the catalog.
func ViewHost(c *catalog.Catalog) view.Host {
	if c == nil {
		return view.Host{}
	}
	f := c.File()
	out := view.Host{URL: f.Product.Pages, Words: map[string]string{}}
	for _, k := range f.Resources {
		if k.Word != "" {
			out.Words[k.Last()] = k.Word
		}
	}
	return out
}
