package resourcelink_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/resourcelink"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

const flag = "proj/web:env/production:flag/night-light"

// as is the integration with its own token.
func as(i integration.Installation) access.Principal {
	return access.Principal{Kind: access.KindIntegration, Account: i.Account, Installation: i.ID.String(), Grant: i.Grant}
}

// The published integrations attach links, which are drawn as their packages say.
func TestPublishedLinksAreDrawn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		github, slack, teams := h.Published("github"), h.Published("slack-app"), h.Published("msteams-app")
		put := func(by access.Principal, d resourcelink.Draft) resourcelink.Link {
			t.Helper()
			if d.Resource = flag; d.DeepLink == "" {
				d.DeepLink = "https://partner.example/1"
			}
			got, err := h.Links.Put(t.Context(), by, d)
			if err != nil {
				t.Fatalf("%+v", problem.Of(err))
			}
			return got
		}
		if _, err := h.Links.Put(t.Context(), as(github), resourcelink.Draft{Resource: flag, DeepLink: "https://partner.example/1"}); problem.CodeOf(err) != "capability_off" {
			t.Errorf("%v before it is set up", err)
		}
		h.Configure(github, nil)
		h.Configure(slack, nil)
		h.Configure(teams, map[string]any{"url": "https://teams.example/hook"})
		meta := map[string]string{"avatarUrl": "https://github.example/a.png", "authorDisplayName": "Ada <b>", "prNumber": "7", "prTitle": "Turn it on", "repoName": "web", "repoUrl": "https://github.example/web",
			"prBody": "**Now** [here](https://a.example) [bad](javascript:alert(1)) <script>x</script> ![p](https://a.example/p.png)"}
		one := put(as(github), resourcelink.Draft{Key: "7", Metadata: meta, Title: "first"})
		if two := put(as(github), resourcelink.Draft{Key: "7", Metadata: meta}); two.ID != one.ID || two.Title != "" {
			t.Errorf("%+v", two)
		}
		put(as(slack), resourcelink.Draft{})
		put(h.Admin, resourcelink.Draft{Account: h.Account.ID.String(), Title: "Runbook"})
		got, err := h.Links.Draw(t.Context(), h.Admin, "harbour", flag)
		if err != nil || len(got) != 4 {
			t.Fatalf("%+v %v", got, err)
		}
		g := got[0].Links[0]
		if got[0].Header != "GitHub pull request" || g.Image == nil || g.Image.Shape != "avatar" || len(g.Title) != 1 || g.Title[0].Text != "Turn it on #7" || g.Title[0].URL != "https://partner.example/1" ||
			len(g.Context) != 4 || !g.Context[1].Bold || g.Context[3].URL != "https://github.example/web" {
			t.Errorf("%+v", g)
		}
		if html := g.Description.HTML; !strings.Contains(html, "<strong>Now</strong>") || !strings.Contains(html, `rel="noopener`) || strings.Contains(html, "javascript") || strings.Contains(html, "<script") || strings.Contains(html, "<img") {
			t.Error(html)
		}
		// Without picture and metadata only what says something is drawn.
		if s := got[2].Links[0]; s.Image != nil || len(s.Context) != 1 || s.Context[0].Text != "View message" || s.Description != nil || len(s.Title) != 1 || s.Title[0].Text != "https://partner.example/1" {
			t.Errorf("%+v", s)
		}
		if got[1].EmptyTitle == "" || len(got[1].Links) != 0 || got[3].Header != "Links" || got[3].Links[0].Title[0].Text != "Runbook" {
			t.Errorf("%+v", got[1:])
		}
		if err := h.Links.Delete(t.Context(), as(slack), one.ID); problem.CodeOf(err) != "not_found" {
			t.Errorf("another integration's: %v", err)
		}
		if mine, err := h.Links.List(t.Context(), as(github), h.Account.ID, flag); err != nil || len(mine) != 1 {
			t.Errorf("%+v %v", mine, err)
		}
		words := "Changed"
		if c, err := h.Links.Change(t.Context(), h.Admin, one.ID, resourcelink.Patch{Title: &words}); err != nil || c.Title != words || c.Metadata["prNumber"] != "7" {
			t.Errorf("%+v %v", c, err)
		}
		if err := h.Links.Delete(t.Context(), as(github), one.ID); err != nil {
			t.Error(err)
		}
	})
}

// What breaks the package's rules is refused by name.
func TestLinksAreJudged(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Published("github")
	h.Configure(i, nil)
	for pointer, d := range map[string]resourcelink.Draft{
		"/metadata/nothing":   {Metadata: map[string]string{"nothing": "x"}},
		"/metadata/avatarUrl": {Metadata: map[string]string{"avatarUrl": "/a.png"}},
		"/deep_link":          {DeepLink: "javascript:alert(1)"},
		"/resource":           {Resource: "proj/web"},
	} {
		if d.DeepLink == "" {
			d.DeepLink = "https://a.example"
		}
		if d.Resource == "" {
			d.Resource = flag
		}
		_, err := h.Links.Put(t.Context(), as(i), d)
		if p := problem.Of(err); p == nil || p.Code != "resource_link_invalid" || len(p.Fields) != 1 || p.Fields[0].Pointer != pointer {
			t.Errorf("%s: %+v", pointer, p)
		}
	}
	for n := range resourcelink.Most {
		if _, err := h.Links.Put(t.Context(), as(i), resourcelink.Draft{Resource: flag, DeepLink: "https://a.example", Key: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Links.Put(t.Context(), as(i), resourcelink.Draft{Resource: flag, DeepLink: "https://a.example"}); problem.CodeOf(err) != "resource_link_limit" {
		t.Error(err)
	}
	other, _ := h.Customer("other", account.Production)
	if _, err := h.Links.Put(t.Context(), other, resourcelink.Draft{Account: h.Account.ID.String(), Resource: flag, DeepLink: "https://a.example"}); problem.CodeOf(err) != "not_found" {
		t.Error(err)
	}
}

// The product includes a fragment that holds no code of strangers.
func TestTheFragmentIsSafe(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Published("github")
	h.Configure(i, nil)
	_, err := h.Links.Put(t.Context(), as(i), resourcelink.Draft{Resource: flag, DeepLink: `https://a.example/"onclick="x`, Metadata: map[string]string{"prTitle": "<script>alert(1)</script>", "prNumber": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "pages")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/v1/links/embed?account_key=harbour&resource="+url.QueryEscape(flag), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key.Secret.Reveal())
	a := h.Do(r)
	if body := string(a.Body); a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Contains(body, "<script") || strings.Contains(body, `"onclick`) ||
		!strings.Contains(body, "&lt;script&gt;") || !strings.Contains(body, `rel="noopener`) || strings.Contains(body, "<img") {
		t.Errorf("%d %v %s", a.Status, a.Header, body)
	}
}
