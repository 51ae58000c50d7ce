// Package pagetest drives pages in a real Chromium, for tests of every door that shows pages.
//
//	b := pagetest.Open(t)                     // skips without Chromium, fails if CI is set
//	b.Emulate(pagetest.View{Dark: true, Width: 375})
//	b.Goto(server.URL + "/sign-in")
//	b.Fill("#f-email", "ada@example.com")
//	b.Follow("button[type=submit]")           // click and wait for the next page
//	b.Sound()                                 // axe-core, no sideways scroll, no complaint in the console
//	b.Look("home")                            // Sound in both themes and on a phone, with the page loaded once
//
// Every method fails the test itself. Screenshots are taken when GUESTRIGHT_SHOTS names a folder for
// them.
package pagetest
