package lint

import "github.com/guestright/guestright/manifest"

func (l *linter) links() {
	a := l.p.ResourceLink
	if a == nil || a.Blocks == nil {
		return
	}
	if t := a.Blocks.Title; t != nil && len(t.Elements) == 0 {
		l.lint(manifest.Warning, "link.empty-row", "/resourceLink/blocks/title/elements", "The title has no text.", "Add an element, or leave the title out.")
	}
	if c := a.Blocks.Context; c != nil && len(c.Elements) == 0 {
		l.lint(manifest.Warning, "link.empty-row", "/resourceLink/blocks/context/elements", "The line has no text.", "Add an element, or leave the line out.")
	}
	if i := a.Blocks.Image; i != nil && i.Icon.Get() && i.Avatar.Get() {
		l.lint(manifest.Notice, "link.image", "/resourceLink/blocks/image", "The image is both icon and avatar; it is drawn as an avatar.", "Keep one.")
	}
}

func (l *linter) properties() {
	a := l.p.ReservedProperties
	if a == nil {
		return
	}
	if n := len(a.Properties); n < 1 || n > 3 {
		l.lint(manifest.Warning, "properties.count", "/reservedProperties/properties", "An integration reserves one to three keys.", "Keep those that people must pick.")
	}
	seen := map[string]bool{}
	for i, p := range a.Properties {
		if seen[p.Key] {
			l.lint(manifest.Error, "properties.key-twice", index("/reservedProperties/properties", i)+"/key", "This key is reserved twice.", "Keep one.")
		}
		seen[p.Key] = true
	}
}
