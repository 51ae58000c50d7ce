package request

import (
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
	"github.com/guestright/guestright/manifest/view"
)

// Previewed is a call as it would be made, or why there is none.
type Previewed struct {
	Name string // eventHook, changeApproval/open
	Call Call
	Sent bool  // false: nothing would be sent
	Err  error // the template makes nothing
}

// Preview makes every call of a package for a change. Fields show as their keys in
// capitals behind a dollar sign, unless they are given.
func (s *Set) Preview(h view.Host, c view.Change, given manifest.Values) []Previewed {
	g := s.sample(given)
	var out []Previewed
	add := func(name string) func(Call, bool, error) {
		return func(call Call, sent bool, err error) { out = append(out, Previewed{name, call, sent, err}) }
	}
	for i, hook := range s.EventHooks {
		name := "eventHook"
		if hook.Source == manifest.SourceSignal {
			name = "eventHook/signal"
			for _, kind := range signals(hook) {
				signal := c
				signal.Action = kind
				add(name + "/" + kind)(s.Hook(i, g, h, signal))
			}
			continue
		}
		add(name)(s.Hook(i, g, h, c))
		if s.Tries(i) {
			add(name + "/test")(s.HookTest(i, g, h, c))
		}
	}
	if a := s.ChangeApproval; a != nil {
		proposed := Approval{ID: "$REQUEST_ID", External: "$APPROVAL_ID", Description: "$DESCRIPTION", Change: c, Requester: "$REQUESTER", Page: h.URL + "/approvals/$REQUEST_ID", History: h.URL + "/history", Opened: &value.Object{}}
		for _, one := range a.Calls.Deciding() {
			add("changeApproval/" + one.Name)(s.ApprovalCall(one.Name, g, h, proposed))
		}
		if a.Calls.Directory != nil {
			add("changeApproval/directory")(s.Directory(g))
		}
	}
	if s.SnapshotPush != nil {
		data := Snapshot{Key: "$SNAPSHOT_KEY", Scope: "$SCOPE_ID", Version: "1", Data: []byte("{}")}
		add("snapshotPush/push")(s.Push(g, data))
		if s.SnapshotPush.Check != nil {
			add("snapshotPush/check")(s.PushCheck(g, data))
		}
	}
	if s.UserAction != nil {
		for _, b := range s.UserAction.Bodies {
			context := &value.Object{}
			for _, name := range b.Needs {
				context.Set(name, placeholder(name))
			}
			add("userAction/" + b.Key)(s.Action(b.Key, g, context))
		}
	}
	for _, d := range s.Forms.Installation {
		if d.Fetch != nil {
			add("fetch/" + d.Key)(s.Fetch(manifest.FormInstallation, d.Key, g))
		}
	}
	return out
}

// signals are the types that a hook has templates for.
func signals(hook manifest.EventHook) []string {
	if hook.Templates == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(hook.Templates.ByType))
}

func placeholder(key string) string { return "$" + strings.ToUpper(key) }

// sample fills in all forms.
func (s *Set) sample(given manifest.Values) Given {
	fill := func(form manifest.Form) manifest.Values {
		out := manifest.Values{}
		for _, d := range form {
			switch v, ok := given[d.Key]; {
			case ok:
				out[d.Key] = v
			case d.Secret.Get():
				out[d.Key] = secret.New(placeholder(d.Key))
			case d.Type == manifest.TypeBoolean:
				out[d.Key] = true
			case d.Type == manifest.TypeMultiselect, d.Type == manifest.TypeScopeSelector:
				out[d.Key] = []string{placeholder(d.Key)}
			default:
				out[d.Key] = placeholder(d.Key)
			}
		}
		return out
	}
	config := fill(s.Forms.Installation)
	for _, c := range s.Endpoints() {
		if sign := c.Endpoint.Sign; sign != nil && sign.Scheme == manifest.SchemeStandardWebhooks {
			if _, ok := given[sign.SecretVar.Get()]; !ok { // a placeholder that is a secret of that form
				config[sign.SecretVar.Get()] = secret.New("whsec_" + base64.StdEncoding.EncodeToString([]byte(placeholder(sign.SecretVar.Get()))))
			}
		}
	}
	g := Given{Config: config, ID: "$EVENT_ID", Time: time.Unix(0, 0).UTC(), Nonce: "$NONCE"}
	if s.ChangeApproval != nil {
		g.Scope, g.Request = fill(s.ChangeApproval.Forms.Scope), fill(s.ChangeApproval.Forms.Request)
	}
	if s.SnapshotPush != nil { // each takes its own fields of them
		scope := fill(s.SnapshotPush.Forms.Scope)
		maps.Copy(scope, g.Scope)
		g.Scope = scope
	}
	if s.Connection.OAuth.Required.Get() {
		g.Connection = &Connection{BaseURI: "$OAUTH_BASE_URI", AccessToken: secret.New("$OAUTH_ACCESS_TOKEN")}
	}
	return g
}

// Curl writes a call as a command for a shell.
func (c Call) Curl() string {
	var b strings.Builder
	b.WriteString("curl -X " + quoted(c.Method) + " " + quoted(c.URL))
	for _, h := range c.Header {
		b.WriteString(" \\\n  -H " + quoted(h.Name+": "+h.Value))
	}
	if c.Body != nil {
		b.WriteString(" \\\n  --data-binary " + quoted(string(c.Body)))
	}
	return b.String()
}

// Text writes a call as it goes over the wire, nearly.
func (c Call) Text() string {
	var b strings.Builder
	b.WriteString(c.Method + " " + c.URL + "\n")
	for _, h := range c.Header {
		b.WriteString(h.Name + ": " + h.Value + "\n")
	}
	if c.Body != nil {
		b.WriteString("\n" + strings.TrimRight(string(c.Body), "\n") + "\n")
	}
	return b.String()
}

// quoted is one word for a shell, whatever is in it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Place says where in a package a call fails, for people; "" when it is not a
// template's fault.
func Place(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.At
	}
	return ""
}
