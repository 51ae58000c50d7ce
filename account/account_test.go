package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestDraftCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		draft account.Draft
		want  string
	}{
		{"sound", account.Draft{Key: "harbour", Name: "Harbour"}, ""},
		{"letters of the world", account.Draft{Key: "größe-東", Name: "Größe"}, ""},
		{"no key", account.Draft{Name: "x"}, "/a/key key_invalid"},
		{"a slash", account.Draft{Key: "a/b", Name: "x"}, "/a/key key_invalid"},
		{"a percent sign", account.Draft{Key: "a%2fb", Name: "x"}, "/a/key key_invalid"},
		{"a space", account.Draft{Key: "a b", Name: "x"}, "/a/key key_invalid"},
		{"a hidden character", account.Draft{Key: "a\u200bb", Name: "x"}, "/a/key key_invalid"},
		{"broken text", account.Draft{Key: "a\xff", Name: "x"}, "/a/key key_invalid"},
		{"a long key", account.Draft{Key: strings.Repeat("x", 201), Name: "x"}, "/a/key key_invalid"},
		{"no name", account.Draft{Key: "a", Name: " "}, "/a/name required"},
		{"a strange kind", account.Draft{Key: "a", Name: "x", Kind: "trial"}, "/a/kind unknown"},
		{"its own parent", account.Draft{Key: "a", Name: "x", Parent: "a"}, "/a/parent_key own_parent"},
		{"an upstream", account.Draft{Key: "a", Name: "x", Upstream: "https://eu.example.com/api"}, ""},
		{"a file", account.Draft{Key: "a", Name: "x", Upstream: "file:///etc/passwd"}, "/a/upstream url_invalid"},
		{"a user in it", account.Draft{Key: "a", Name: "x", Upstream: "https://u:p@example.com"}, "/a/upstream url_invalid"},
	} {
		got := ""
		if f := tc.draft.Check("/a"); len(f) > 0 {
			got = f[0].Pointer + " " + f[0].Code
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestParentsAndChildren(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s, ctx := newService(t, open), context.Background()
		put := func(key, parent, want string) account.Account {
			t.Helper()
			a, err := s.Put(ctx, operator, account.Draft{Key: key, Name: key, Parent: parent})
			if problem.CodeOf(err) != want {
				t.Errorf("%s under %q: %v, want %q", key, parent, err, want)
			}
			return a
		}
		agency := put("agency", "", "")
		put("one", "agency", "")
		put("two", "agency", "")
		put("three", "one", "parent_is_child")
		put("three", "nobody", "parent_unknown")
		put("top", "", "")
		put("agency", "top", "parent_is_child")
		if got, err := s.Children(ctx, operator, agency.ID); err != nil || len(got) != 2 {
			t.Errorf("%v %v", got, err)
		}
		admin := access.UserPrincipal("usr_a", nil, map[string]string{agency.ID.String(): access.AccountAdmin})
		if got, err := s.Children(ctx, admin, agency.ID); err != nil || len(got) != 2 {
			t.Errorf("the agency's administrator: %v %v", got, err)
		}
		if _, err := s.Put(ctx, admin, account.Draft{Key: "mine", Name: "x"}); problem.CodeOf(err) != "forbidden" {
			t.Errorf("an administrator makes accounts: %v", err)
		}
	})
}

func TestTellingTheSameAgainLeavesNoTrace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s, ctx := newService(t, open), context.Background()
		var heard []string
		for _, topic := range []string{account.Topic, account.RoleTopic, account.MemberTopic} {
			s.DB.OnChange(topic, func(string) { heard = append(heard, topic) })
		}
		policy := access.Policy{{Effect: access.Allow, Actions: []string{"flag:view"}, Resources: []string{"*"}}}
		for range 2 {
			a, err := s.Put(ctx, operator, account.Draft{Key: "harbour", Name: "Harbour"})
			if err != nil {
				t.Fatal(err)
			}
			err = s.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := s.PutRole(tx, operator, account.Role{Account: a.ID.String(), Key: "viewer", Name: "Viewer", Policy: policy})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if strings.Join(heard, " ") != "account account.role" {
			t.Errorf("heard %v", heard)
		}
		page, err := s.Audit.List(ctx, operator, audit.Filter{}, 0)
		if err != nil || len(page.Entries) != 2 {
			t.Errorf("%d entries, %v", len(page.Entries), err)
		}
	})
}

func TestAccountsAreFoundByWords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		s, ctx := newService(t, open), context.Background()
		ids := map[string]string{}
		for key, name := range map[string]string{"harbour-books": "Harbour Books", "soehne": "Ödegård & Söhne 100%", "lake": "Lakeside 100"} {
			a, err := s.Put(ctx, operator, account.Draft{Key: key, Name: name})
			if err != nil {
				t.Fatal(err)
			}
			ids[a.Key] = a.ID.String()
		}
		for text, want := range map[string]string{
			"": "harbour-books lake soehne", "HARBOUR": "harbour-books", "books harbour": "harbour-books", "books lake": "", "Ödeg": "soehne", "100": "lake soehne",
			"100%": "soehne", "_": "", "-": "harbour-books", ids["lake"]: "lake", strings.Repeat("a ", 50): "harbour-books lake", `\`: "",
		} {
			got, err := s.Search(ctx, operator, text, account.Position{Limit: 10})
			var keys []string
			for _, a := range got {
				keys = append(keys, a.Key)
			}
			slices.Sort(keys)
			if found := strings.Join(keys, " "); err != nil || found != want {
				t.Errorf("%q finds %q, want %q (%v)", text, found, want, err)
			}
		}
		if got, err := s.Search(ctx, access.UserPrincipal("usr_x", nil, nil), "harbour", account.Position{Limit: 10}); err != nil || len(got) != 0 {
			t.Errorf("somebody finds %d accounts of others, %v", len(got), err)
		}
	})
}

func TestWhoListsAccounts(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) }), context.Background()
	for _, key := range []string{"a", "b", "c"} {
		if _, err := s.Put(ctx, operator, account.Draft{Key: key, Name: key}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		by   access.Principal
		n    int
		code string
	}{
		"the operator": {operator, 3, ""}, "the system": {access.System("x"), 3, ""}, "somebody": {access.UserPrincipal("usr_x", nil, nil), 0, ""},
		"nobody": {access.Principal{}, 0, "not_a_person"}, "an integration": {access.Principal{Kind: access.KindIntegration, User: "usr_x"}, 0, "not_a_person"},
	} {
		got, err := s.List(ctx, tc.by, "", 10)
		if len(got) != tc.n || problem.CodeOf(err) != tc.code {
			t.Errorf("%s: %d %v", name, len(got), err)
		}
	}
}
