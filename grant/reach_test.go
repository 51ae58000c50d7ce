package grant_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// H15: rule all, or a list with or without those that come later.
func TestReachCovers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		r    grant.Reach
		want string // of a, b (there and not chosen) and c (appeared later)
	}{
		"nothing said":     {grant.Reach{}, ""},
		"itself":           {grant.Reach{Rule: grant.RuleSelf, Accounts: []string{"a"}, Future: true}, ""},
		"all":              {grant.Reach{Rule: grant.RuleAll}, "abc"},
		"list":             {grant.Reach{Rule: grant.RuleList, Accounts: []string{"a"}}, "a"},
		"list with future": {grant.Reach{Rule: grant.RuleList, Accounts: []string{"a"}, Future: true, Except: []string{"b"}}, "ac"},
		"only future":      {grant.Reach{Rule: grant.RuleList, Future: true, Except: []string{"a", "b"}}, "c"},
		"unknown rule":     {grant.Reach{Rule: "some", Accounts: []string{"a"}}, ""},
	} {
		got := ""
		for _, child := range []string{"a", "b", "c"} {
			if tc.r.Covers(child) {
				got += child
			}
		}
		if got != tc.want || tc.r.Wide() != (tc.r.Rule == grant.RuleAll || tc.r.Rule == grant.RuleList) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	ns, faults := grant.ParseNetworks("/networks", []string{" 203.0.113.0/24", "198.51.100.7", "2001:db8::/32"})
	if len(faults) > 0 || strings.Join(ns.Strings(), " ") != "203.0.113.0/24 198.51.100.7/32 2001:db8::/32" {
		t.Fatalf("%v %v", ns.Strings(), faults)
	}
	for addr, want := range map[string]bool{
		"203.0.113.255": true, "::ffff:203.0.113.9": true, "203.0.112.255": false, "198.51.100.7": true, "198.51.100.8": false,
		"2001:db8:ffff::1": true, "2001:db9::1": false,
	} {
		if ns.Allow(netip.MustParseAddr(addr)) != want {
			t.Errorf("%s: want %v", addr, want)
		}
	}
	if ns.Allow(netip.Addr{}) {
		t.Error("an address that nobody knows is allowed")
	}
	if !(grant.Networks{}).Allow(netip.Addr{}) {
		t.Error("an empty list allows from anywhere")
	}
	for _, bad := range []string{"", "x", "203.0.113.7/24", "0.0.0.0/0", "::/0", "::ffff:203.0.113.0/120", "::ffff:203.0.113.7", "fe80::1%eth0", "10.0.0.0/33", "203.0.113.0/024"} {
		if _, faults := grant.ParseNetworks("/networks", []string{"203.0.113.7", bad}); len(faults) != 1 || faults[0].Pointer != "/networks/1" {
			t.Errorf("%q: %v", bad, faults)
		}
	}
	if _, faults := grant.ParseNetworks("/networks", make([]string, grant.NetworksMost+1)); len(faults) != 1 {
		t.Errorf("too long a list: %v", faults)
	}
}

func TestReachAndNetworksAreKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		s, accounts := &grant.Service{DB: db}, &account.Service{DB: db, Audit: &audit.Log{DB: db}}
		acc, err := accounts.Put(ctx, access.Operator("usr_op"), account.Draft{Key: "agency", Name: "Agency"})
		if err != nil {
			t.Fatal(err)
		}
		networks := grant.Networks{netip.MustParsePrefix("203.0.113.0/24")}
		reach := grant.Reach{Rule: grant.RuleList, Accounts: []string{"acc_1"}, Future: true, Except: []string{"acc_2"}}
		err = db.Write(ctx, func(tx *store.Tx) error {
			g, err := s.Create(tx, grant.Grant{Kind: grant.KindPrivate, Account: acc.ID.String(), Holder: "private_integration/pin_1", Networks: networks, Reach: reach})
			if err != nil {
				return err
			}
			plain, err := s.Create(tx, grant.Grant{Kind: grant.KindPrivate, Account: acc.ID.String(), Holder: "private_integration/pin_2"})
			if err != nil {
				return err
			}
			got, err := s.Load(tx, g.ID.String())
			if err != nil || !reflect.DeepEqual(got.Networks, networks) || !reflect.DeepEqual(got.Reach, reach) {
				t.Errorf("%+v %v", got, err)
			}
			got, err = s.Load(tx, plain.ID.String())
			if err != nil || len(got.Networks) != 0 || got.Reach.Wide() {
				t.Errorf("%+v %v", got, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
