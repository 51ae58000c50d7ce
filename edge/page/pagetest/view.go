package pagetest

// View is what a page is looked at with. The zero value is a light desktop window.
type View struct {
	Dark     bool
	Width    int // CSS pixels; zero: 1280
	Height   int // zero: 900
	NoScript bool
}

// Views are what every page is looked at with.
var Views = []View{{}, {Dark: true}, {Width: 375, Height: 800}}

// String names the view, for pictures.
func (v View) String() string {
	switch phone := v.Width > 0 && v.Width < 500; {
	case phone && v.Dark:
		return "phone-dark"
	case phone:
		return "phone"
	case v.Dark:
		return "dark"
	}
	return "light"
}

// Each shows the open page in each of Views, and in more, and calls f. The page is
// loaded once for all of them: theme and width are the style's affair, and a script
// that minds them must follow them anyway. It ends in a light desktop window.
func (b *Browser) Each(f func(View), more ...View) {
	b.t.Helper()
	for _, v := range append(Views[:len(Views):len(Views)], more...) {
		b.Emulate(v)
		// What follows the size, such as a drawing, does so before the second frame.
		Eval[bool](b, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
		f(v)
	}
	b.Emulate(View{})
}

// Look is Sound in Each view, with a picture of it.
func (b *Browser) Look(name string, more ...View) {
	b.t.Helper()
	b.Each(func(v View) {
		b.t.Helper()
		b.Sound()
		b.Screenshot(name + "-" + v.String())
	}, more...)
}
