// Package page is the face of every door that people see: the shell around a page, the components
// inside it, the vendored front-end files and the headers that go with them.
//
// A component is a struct with a Render method, used in a template as @page.Button{Text: "Save"}
// and elsewhere as any templ.Component; components that wrap content take templ children. All words
// come in through fields. The few words of the interface itself ("Copy", "Next") stand in word.go.
//
// Pages work without a script and without a mouse: menus are details and popover elements, a
// confirmation is a page of its own, a chart carries its table. The script only adds to that.
// Nothing is inline: scripts carry the nonce of the answer, styles come from one file, and a
// component never writes a style attribute, since the content policy would drop it.
//
// After a change to a template run `make assets`: it regenerates the Go code and the stylesheet.
package page
