package page_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/edge/page/gallery"
)

func (failing) Render(context.Context, io.Writer) error {
	return errBroken
}

// The content policy forbids inline code and styles, so no component may write any.
func TestNothingIsInline(t *testing.T) {
	bad := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)\s*=|<style|<script(?:[^>]*)>[^<]|javascript:|https?://(?:[a-z.]*cdn|unpkg)`)
	for _, path := range gallery.Pages {
		r := get(t, gallery.Handler(), path)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, r.StatusCode)
		}
		if found := bad.FindString(body(t, r)); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
	}
}

// Whatever people write stays text, wherever it lands.
func TestTextIsEscaped(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
	link := page.Link{Text: evil, URL: "javascript:alert(1)"}
	frame := page.Frame{
		Title: evil, Service: evil, Path: evil, Token: evil, Theme: page.Theme(evil), Home: link.URL,
		Areas: []page.Link{link, link}, Sections: []page.Section{{Title: evil, Links: []page.Link{link}}}, Trail: []page.Link{link, link},
		Switcher: &page.Switcher{Label: evil, Choices: []page.Choice{{Text: evil, Detail: evil, URL: link.URL, Current: true}}, More: []page.Link{link}},
		Flashes:  []page.Flash{{Text: evil}}, Inbox: &page.Inbox{Label: evil, URL: link.URL, Unread: 1}, Footer: []page.Link{link},
		Person: &page.Person{Name: evil, Email: evil, Links: []page.Link{link}, SignOut: link.URL},
	}
	for name, c := range map[string]templ.Component{
		"shell": page.Shell(frame), "bare": page.Bare(frame), "link": link, "text": page.Text(evil), "mono": page.Mono(evil), "icon": page.Icon(evil),
		"button":   page.Button{Text: evil, Name: evil, Value: evil, Hidden: evil, Weight: page.Weight(evil)},
		"anchor":   page.Button{Text: evil, URL: link.URL},
		"form":     page.Form{Action: link.URL, Token: evil},
		"field":    page.Field{Label: evil, Name: evil, Value: evil, Hint: evil, Error: evil, Placeholder: evil, Before: evil, After: evil, Type: evil, Pattern: evil},
		"textarea": page.Textarea{Label: evil, Name: evil, Value: "</textarea>" + evil, Hint: evil, Error: evil, MaxLength: 5},
		"select":   page.Select{Label: evil, Name: evil, Options: []page.Option{{Value: evil, Text: evil}}, Hint: evil, Error: evil},
		"switch":   page.Switch{Label: evil, Name: evil, Value: evil, Hint: evil, Error: evil},
		"picker":   page.Picker{Legend: evil, Name: evil, Hint: evil, Error: evil, Groups: []page.PickGroup{{Title: evil, Picks: []page.Pick{{Value: evil, Label: evil, Code: evil, Text: evil, Badge: page.Badge{Text: evil, Tone: page.Tone(evil)}}}}}},
		"copy":     page.Copy{Label: evil, Value: evil}, "secret": page.Secret{Title: evil, Text: evil, Values: []page.Copy{{Label: evil, Value: evil}}},
		"code": page.Code{Label: evil, Text: evil}, "badge": page.Badge{Text: evil}, "avatar": page.Avatar{Name: evil},
		"table": page.Table{Caption: evil, Columns: []page.Column{{Title: evil}, {Title: evil}}, Rows: []page.Row{{Cells: []templ.Component{page.Text(evil), page.Text(evil), page.Text(evil)}}}},
		"facts": page.Facts{{Name: evil, Hint: evil, Value: page.Pair{Main: page.Text(evil), Sub: page.Text(evil)}}},
		"alert": page.Alert{Title: evil, Text: evil, Tone: page.Tone(evil)}, "empty": page.Empty{Title: evil, Text: evil, Icon: page.Icon(evil)},
		"problem": page.Problem{Title: evil, Text: evil, Code: evil, CodeURL: link.URL, Reference: evil, Steps: []string{evil}},
		"confirm": page.Confirm{Title: evil, Text: evil, Consequences: []string{evil}, Action: link.URL, Token: evil, Phrase: evil, Error: evil, Button: evil, Cancel: link.URL},
		"tabs":    page.Tabs{Label: evil, Links: []page.Link{link}}, "pager": page.Pager{Label: evil, Shown: evil, Next: link.URL},
		"stat":     page.Stat{Label: evil, Value: evil, Unit: evil, Note: evil, URL: link.URL, Meter: &page.Meter{Label: evil, Unit: evil, Limit: 5}},
		"chart":    page.Chart{Title: evil, Text: evil, Unit: evil, Series: []page.Series{{Name: evil}}},
		"timeline": page.Timeline{Items: []page.Happening{{Who: evil, What: evil, Where: evil, Detail: evil}}}, "steps": page.Steps{{Title: evil, Text: evil}},
		"head": page.Head{Title: evil, Text: evil}, "card": page.Card{Title: evil, Text: evil, ID: evil}, "moment": page.Moment{Never: evil},
	} {
		got := html(t, c)
		if strings.Contains(got, "<script>alert") || strings.Contains(got, "<img") || strings.Contains(got, `"javascript:`) {
			t.Errorf("%s lets text become markup: %s", name, got)
		}
	}
}

func TestControlsExplainThemselves(t *testing.T) {
	got := html(t, page.Field{Label: "Domain", Name: "domain[0]", Hint: "Without https.", Error: "No spaces.", Required: true})
	for _, part := range []string{
		`<label class="label" for="f-domain-0-">`, `id="f-domain-0-"`, `aria-describedby="f-domain-0--hint f-domain-0--error"`, `aria-invalid="true"`,
		`id="f-domain-0--hint"`, `id="f-domain-0--error"`, ` required`, `name="domain[0]"`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("field lacks %s: %s", part, got)
		}
	}
	if got := html(t, page.Field{Label: "Name", Name: "name"}); strings.Contains(got, "aria-describedby") || strings.Contains(got, "aria-invalid") {
		t.Errorf("a plain field claims explanations: %s", got)
	}
	if got := html(t, page.Textarea{Label: "Text", Name: "text", Value: "čaj", MaxLength: 450}); !strings.Contains(got, ">447<") {
		t.Errorf("characters are not counted as people count: %s", got)
	}
	if got := html(t, page.Switch{Label: "On", Name: "on"}); !strings.Contains(got, `type="checkbox"`) || !strings.Contains(got, `role="switch"`) || !strings.Contains(got, `value="on"`) {
		t.Error(got)
	}
}

// A locked entry is sent although its box cannot be changed; a barred one is not sent.
func TestPickerSendsLocked(t *testing.T) {
	got := html(t, page.Picker{Legend: "Scopes", Name: "scope", Groups: []page.PickGroup{{Picks: []page.Pick{
		{Value: "always", Label: "A", Locked: true}, {Value: "never", Label: "B", Barred: true}, {Value: "maybe", Label: "C", Checked: true},
	}}}})
	if !strings.Contains(got, `<input type="hidden" name="scope" value="always">`) {
		t.Errorf("locked: %s", got)
	}
	if !regexp.MustCompile(`value="never"[^>]* disabled`).MatchString(got) || !regexp.MustCompile(`value="maybe"[^>]* checked`).MatchString(got) {
		t.Error(got)
	}
	if got := html(t, page.Picker{Legend: "Mode", Name: "mode", One: true, Groups: []page.PickGroup{{Picks: []page.Pick{{Value: "a", Label: "A"}}}}}); !strings.Contains(got, `type="radio"`) {
		t.Error(got)
	}
}

func TestFormsCarryTheirToken(t *testing.T) {
	want := `<input type="hidden" name="` + page.TokenField + `" value="once">`
	if got := html(t, page.Form{Action: "/x", Token: "once"}); !strings.Contains(got, want) || !strings.Contains(got, `method="post"`) {
		t.Error(got)
	}
	if got := html(t, page.Form{Action: "/x", Token: "once", Get: true}); strings.Contains(got, "once") {
		t.Errorf("a token in an address: %s", got)
	}
	if got := html(t, page.Confirm{Title: "Delete?", Action: "/x", Token: "once", Phrase: "app", Button: "Delete", Cancel: "/"}); !strings.Contains(got, want) || !strings.Contains(got, `name="phrase"`) {
		t.Error(got)
	}
}

func TestTableTeachesWhenEmpty(t *testing.T) {
	got := html(t, page.Table{Caption: "Keys", Columns: []page.Column{{Title: "Label"}}, Empty: page.Empty{Title: "No keys yet", Text: "Make one."}})
	if strings.Contains(got, "<table") || !strings.Contains(got, "No keys yet") {
		t.Error(got)
	}
}

func TestPagerShowsTheWay(t *testing.T) {
	got := html(t, page.Pager{Label: "Keys", Next: "/keys?after=9"})
	if !strings.Contains(got, `href="/keys?after=9"`) || strings.Count(got, "disabled") != 1 {
		t.Error(got)
	}
}
