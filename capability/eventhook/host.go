package eventhook

import (
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/manifest/view"
)

// Host is what views know of the product.
func (h *Hook) Host() view.Host { return capability.ViewHost(h.Catalog.Get()) }
