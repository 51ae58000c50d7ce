package pennant

import (
	"cmp"
	"slices"
)

// Privilege is a box on Pennant's page "Settings > Roles".
type Privilege struct {
	Key   string `json:"key"`   // the action, such as flag:update
	Label string `json:"label"` // as an administrator reads it
}

// Privileges are all boxes of the page, in its order.
func Privileges() []Privilege {
	return []Privilege{
		{Key: "project:view", Label: "Settings > Roles > Projects: view"},
		{Key: "project:create", Label: "Settings > Roles > Projects: create"},
		{Key: "project:update", Label: "Settings > Roles > Projects: edit"},
		{Key: "project:delete", Label: "Settings > Roles > Projects: delete"},
		{Key: "environment:view", Label: "Settings > Roles > Environments: view"},
		{Key: "environment:create", Label: "Settings > Roles > Environments: create"},
		{Key: "environment:update", Label: "Settings > Roles > Environments: edit"},
		{Key: "environment:delete", Label: "Settings > Roles > Environments: delete"},
		{Key: "flag:view", Label: "Settings > Roles > Flags: view"},
		{Key: "flag:create", Label: "Settings > Roles > Flags: create"},
		{Key: "flag:update", Label: "Settings > Roles > Flags: edit and turn on or off"},
		{Key: "flag:delete", Label: "Settings > Roles > Flags: delete"},
		{Key: "segment:view", Label: "Settings > Roles > Segments: view"},
		{Key: "segment:create", Label: "Settings > Roles > Segments: create"},
		{Key: "segment:update", Label: "Settings > Roles > Segments: edit"},
		{Key: "segment:delete", Label: "Settings > Roles > Segments: delete"},
		{Key: "event:view", Label: "Settings > Roles > History: view"},
		{Key: "member:view", Label: "Settings > Roles > People: view"},
		{Key: "member:update", Label: "Settings > Roles > People: change roles"},
		{Key: "role:view", Label: "Settings > Roles > Roles: view"},
		{Key: "role:create", Label: "Settings > Roles > Roles: create"},
	}
}

// privilegeKeys turns keys or labels into sorted keys; the check names those that don't exist.
func privilegeKeys(bad *check, given []string) []string {
	all := Privileges()
	bad.must(len(given) >= 1 && len(given) <= len(all), "/privileges", "A role has at least one privilege.")
	keys := []string{}
	for i, name := range given {
		at := slices.IndexFunc(all, func(p Privilege) bool { return p.Key == name || p.Label == name })
		bad.must(at >= 0, "/privileges/"+itoa(i), "There is no such privilege.")
		if at >= 0 {
			keys = append(keys, all[at].Key)
		}
	}
	slices.SortFunc(keys, cmp.Compare)
	return slices.Compact(keys)
}
