package pennant

import "strings"

// Telling is a change in words, for integrations: who did what to which thing. It
// goes along with each event, as Guestright's guide for products describes.
type Telling struct {
	Kind     string       `json:"kind"`
	Action   string       `json:"action"`
	Verb     string       `json:"verb"`
	Target   Told         `json:"target"`
	Scope    []Told       `json:"scope,omitempty"`
	Actor    ToldActor    `json:"actor"`
	Accesses []ToldAccess `json:"accesses,omitempty"`
	Comment  string       `json:"comment,omitempty"`
}

// Told is a thing by the names that people know it by.
type Told struct {
	Key  string   `json:"key,omitempty"`
	Name string   `json:"name,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

// ToldActor is who made the change.
type ToldActor struct {
	Kind  string `json:"kind"`
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// ToldAccess is one thing that the change did, as policies name it.
type ToldAccess struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// words are what an event is called: the action, and what was done, for people.
var words = map[string][2]string{
	"flag.turned_on": {"updateOn", "turned on the flag"}, "flag.turned_off": {"updateOn", "turned off the flag"},
	"flag.targeting_updated": {"updateRules", "changed who gets the flag"},
}

// done are the same for events that go by one pattern.
var done = map[string][2]string{
	"created": {"create", "created"}, "updated": {"update", "updated"}, "deleted": {"delete", "deleted"}, "removed": {"delete", "removed"},
}

// called gives action and verb of an event.
func called(event string) (string, string) {
	if w, ok := words[event]; ok {
		return w[0], w[1]
	}
	noun, verb, _ := strings.Cut(event, ".")
	w, ok := done[verb]
	if !ok {
		return event, strings.ReplaceAll(verb, "_", " ") + " the " + noun
	}
	return w[0] + strings.ToUpper(noun[:1]) + noun[1:], w[1] + " the " + noun
}

// tell puts a change into words, with the names that the things have now.
func (s *scope) tell(e *Event) (*Telling, error) {
	noun, _, _ := strings.Cut(e.Type, ".")
	t := &Telling{Kind: noun, Actor: ToldActor{Kind: "member", ID: e.Actor.Key, Name: e.Actor.Name}, Comment: e.Comment}
	t.Action, t.Verb = called(e.Type)
	if e.Actor.Kind == "system" {
		t.Actor = ToldActor{Kind: "system", Name: e.Actor.Name}
		if t.Actor.Name == "" {
			t.Actor.Name = "Pennant"
		}
	} else if m, err := get[Member](s, place{kind: kindMember, key: e.Actor.Key}); err == nil {
		t.Actor.Email = m.Email
	} else if !isNotFound(err) {
		return nil, err
	}
	t.Accesses = []ToldAccess{{Action: t.Action, Resource: e.Resource}}
	steps := strings.Split(e.Resource, ":")
	project := ""
	for i, step := range steps {
		kind, key, _ := strings.Cut(step, "/")
		told, err := s.told(kind, project, key)
		if err != nil {
			return nil, err
		}
		if kind == kindProject {
			project = key
		}
		if i == len(steps)-1 {
			t.Target = told
		} else {
			t.Scope = append(t.Scope, told)
		}
	}
	return t, nil
}

// told names one thing; one that is gone has its key only.
func (s *scope) told(kind, project, key string) (Told, error) {
	out := Told{Key: key, Name: key}
	var err error
	switch kind {
	case kindProject:
		var p *Project
		if p, err = get[Project](s, place{kind: kindProject, key: key}); err == nil {
			out.Name, out.Tags = p.Name, p.Tags
		}
	case kindEnvironment:
		var v *Environment
		if v, err = get[Environment](s, place{kind: kindEnvironment, parent: kindProject + "/" + project, key: key}); err == nil {
			out.Name, out.Tags = v.Name, v.Tags
		}
	case kindFlag:
		var f *Flag
		if f, err = get[Flag](s, (&Flag{Project: project, Key: key}).place()); err == nil {
			out.Name, out.Tags = f.Name, f.Tags
		}
	case kindMember:
		var m *Member
		if m, err = get[Member](s, place{kind: kindMember, key: key}); err == nil {
			out.Name = m.Name
		}
	}
	if isNotFound(err) {
		err = nil
	}
	return out, err
}
