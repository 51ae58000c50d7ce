package page_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/guestright/guestright/edge/page/gallery"
	"github.com/guestright/guestright/edge/page/pagetest"
)

// Every component in both themes, wide and at the width of a small phone.
func TestPagesAreSound(t *testing.T) {
	b := pagetest.Open(t)
	s := httptest.NewServer(gallery.Handler())
	defer s.Close()
	for _, width := range []int{1280, 375} {
		for _, dark := range []bool{false, true} {
			b.Emulate(pagetest.View{Dark: dark, Width: width})
			for _, path := range gallery.Pages {
				b.Goto(s.URL + path)
				b.Sound()
				b.Screenshot(fmt.Sprintf("%s-%d-%t", strings.Trim(path, "/"), width, dark))
			}
		}
	}
}
