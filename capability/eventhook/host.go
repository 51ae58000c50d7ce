package eventhook

import "github.com/guestright/guestright/manifest/view"

// Host is what views know of the product: it stands in the catalog.
func (h *Hook) Host() view.Host {
	cat := h.Catalog.Get()
	if cat == nil {
		return view.Host{}
	}
	f := cat.File()
	out := view.Host{URL: f.Product.Pages, Words: map[string]string{}}
	for _, k := range f.Resources {
		if k.Word != "" {
			out.Words[k.Last()] = k.Word
		}
	}
	return out
}
