package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/manifest"
)

// integrationImportCmd brings packages to a platform: what a developer would do by
// hand for each.
type integrationImportCmd struct {
	credential

	Packages    []string `arg:"" name:"dir" type:"path" help:"Folders, or zip, tar and tar.gz archives."`
	URL         string   `name:"url" required:"" env:"GUESTRIGHT_URL" placeholder:"URL" help:"Where the platform is."`
	Group       string   `xor:"where" placeholder:"ID" help:"Developer group that gets the applications (else the only one of yours)."`
	Application string   `xor:"where" placeholder:"ID" help:"Application that gets the version (else the one of the group that is called like the integration, or a new one)."`
	Number      string   `placeholder:"X.Y.Z" help:"Number of the version (else the manifest's)."`
	Scope       []string `sep:"none" placeholder:"NAME=PURPOSE" help:"Scope that the version requires, and why. Can be repeated."`
	Notes       string   `placeholder:"TEXT" help:"What is new in this version, for customers; to publish, every version but the first needs it."`
	Publish     bool     `help:"Publish the version."`
	JSON        bool     `name:"json" help:"Print a document for programs."`
	AllowHTTP   bool     `name:"allow-http" help:"Send the token to a platform on another machine without TLS."`
}

// imported is what came of one package.
type imported struct {
	Path          string `json:"path"`
	Key           string `json:"key"`
	Application   string `json:"application"`
	ApplicationID string `json:"application_id"` // that customers enter
	Install       string `json:"install"`        // where they do
	Version       string `json:"version"`
	Number        string `json:"number"`
	State         string `json:"state"`
	Digest        string `json:"digest"`
	Notes         int    `json:"notes"` // findings that are no errors
}

// Run judges all packages before it sends anything.
func (c integrationImportCmd) Run(w *world) error {
	if err := c.check(); err != nil {
		return exitError{exitMisused, err}
	}
	all, err := lintAll(c.Packages)
	if err != nil {
		return err
	}
	for i := range all {
		var drawn []string
		if all[i], drawn, err = withIcons(all[i]); err != nil {
			return err
		}
		if len(drawn) > 0 && !c.JSON {
			slices.Sort(drawn)
			w.say("%s: icons are missing, so stand-ins were drawn: %s", all[i].Path, strings.Join(drawn, ", "))
		}
	}
	if slices.ContainsFunc(all, func(p linted) bool { return manifest.Failed(p.Findings) }) {
		return sayLinted(w, all, c.JSON)
	}
	r, err := c.connect(w.ctx, c.URL)
	if err != nil {
		return err
	}
	var done []imported
	err = func() error {
		for _, p := range all {
			one, err := c.bring(w.ctx, r, p)
			if err != nil {
				return about(p.Path, err)
			}
			done = append(done, one)
			if !c.JSON {
				one.say(w)
			}
		}
		return nil
	}()
	if c.JSON && err == nil {
		text, failed := json.MarshalIndent(map[string]any{"packages": done}, "", "  ")
		err = failed
		w.say("%s", text)
	}
	return errors.Join(err, r.leave(w.ctx))
}

// about says which package a failure is about.
func about(path string, err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", path, err)
	}
	said := *p
	said.Detail = path + ": " + p.Detail
	return &said
}

func (c integrationImportCmd) check() error {
	if len(c.Packages) > 1 && c.Application != "" {
		return errors.New("--application takes one package: a version has one")
	}
	for _, s := range c.Scope {
		if name, purpose, ok := strings.Cut(s, "="); !ok || name == "" || purpose == "" {
			return fmt.Errorf("--scope %s: write NAME=PURPOSE", s)
		}
	}
	return checkPlatform(c.URL, c.AllowHTTP)
}

func (i imported) say(w *world) {
	w.say("%s: version %s is %s", i.Path, i.Number, map[string]string{"draft": "a draft", "live": "published"}[i.State])
	w.say("  application     %s", i.Application)
	w.say("  version         %s", i.Version)
	w.say("  application ID  %s", i.ApplicationID)
	w.say("  install at      %s", i.Install)
	if i.Notes > 0 {
		w.say("  %s: see guestright integration lint %s", counted(i.Notes, "remark"), i.Path)
	}
}

type remoteApplication struct {
	ID       string
	PublicID string `json:"application_id"`
	Name     string
	State    string
}

type remoteVersion struct{ ID, Number, State string }

type remoteScope struct {
	Scope   string `json:"scope"`
	Purpose string `json:"purpose"`
}

// bring puts one package into a draft.
func (c integrationImportCmd) bring(ctx context.Context, r *remote, p linted) (imported, error) {
	a, err := c.application(ctx, r, p.read.Package.Listing)
	if err != nil {
		return imported{}, err
	}
	v, err := c.version(ctx, r, a, p.read.Package.Listing)
	if err != nil {
		return imported{}, err
	}
	out := imported{Path: p.Path, Key: p.Key, Application: a.ID, ApplicationID: a.PublicID, Install: r.url + "/install/" + a.PublicID,
		Version: v.ID, Number: v.Number, State: v.State, Notes: len(p.Findings)}
	at := "/v1/versions/" + url.PathEscape(v.ID)
	var info struct{ Digest string }
	if _, err := r.send(ctx, http.MethodPut, at+"/package?key="+url.QueryEscape(p.Key), sent{"application/zip", p.files.Bytes()}, &info); err != nil {
		return out, err
	}
	out.Digest = info.Digest
	if !c.Publish {
		return out, nil
	}
	var live remoteVersion
	if _, err := r.send(ctx, http.MethodPost, at+"/publish", sent{}, &live); err != nil {
		return out, err
	}
	out.State = live.State
	return out, nil
}

// application finds the application, or registers it.
func (c integrationImportCmd) application(ctx context.Context, r *remote, l manifest.Listing) (remoteApplication, error) {
	var a remoteApplication
	if c.Application != "" {
		return a, r.get(ctx, "/v1/applications/"+url.PathEscape(c.Application), &a)
	}
	group, err := c.group(ctx, r)
	if err != nil {
		return a, err
	}
	at := "/v1/groups/" + url.PathEscape(group) + "/applications"
	all, err := pages[remoteApplication](ctx, r, at)
	if err != nil {
		return a, err
	}
	all = slices.DeleteFunc(all, func(a remoteApplication) bool { return a.Name != l.Name || strings.HasPrefix(a.State, "delet") })
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return a, r.tell(ctx, http.MethodPost, at, draftOf(l), &a)
	}
	return a, fmt.Errorf("%d applications of the group are called %s: name one with --application", len(all), l.Name)
}

// descriptionMost is how long an application's description may be, in characters.
const descriptionMost = 450

func draftOf(l manifest.Listing) map[string]string {
	out := map[string]string{"name": l.Name, "description": l.Description, "support": l.SupportEmail}
	if utf8.RuneCountInString(l.Description) > descriptionMost {
		out["description"] = l.Tagline
	}
	if strings.HasPrefix(l.Links.Site, "https://") {
		out["homepage"] = l.Links.Site
	}
	return out
}

func (c integrationImportCmd) group(ctx context.Context, r *remote) (string, error) {
	if c.Group != "" {
		return c.Group, nil
	}
	all, err := pages[struct{ ID, Name string }](ctx, r, "/v1/groups")
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].ID, nil
	}
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.ID + " (" + g.Name + ")"
	}
	return "", fmt.Errorf("name one of your groups with --group: %s", strings.Join(names, ", "))
}

// version finds the draft with the number, or begins it.
func (c integrationImportCmd) version(ctx context.Context, r *remote, a remoteApplication, l manifest.Listing) (remoteVersion, error) {
	number := c.Number
	if number == "" {
		number, _, _ = strings.Cut(l.Version, "+")
		number, _, _ = strings.Cut(number, "-") // versions here are three numbers
	}
	want := map[string]any{"number": number}
	if len(c.Scope) > 0 {
		var scopes []remoteScope
		for _, s := range c.Scope {
			name, purpose, _ := strings.Cut(s, "=")
			scopes = append(scopes, remoteScope{name, purpose})
		}
		want["required"] = scopes
	}
	if c.Notes != "" {
		want["notes"] = c.Notes
	}
	var v remoteVersion
	at := "/v1/applications/" + url.PathEscape(a.ID) + "/versions"
	var have struct{ Items []remoteVersion }
	if err := r.get(ctx, at, &have); err != nil {
		return v, err
	}
	i := slices.IndexFunc(have.Items, func(v remoteVersion) bool { return v.Number == number })
	switch {
	case i < 0:
		return v, r.tell(ctx, http.MethodPost, at, want, &v)
	case have.Items[i].State != "draft":
		return v, fmt.Errorf("version %s of %s is released and never changes: count up the number in the manifest, or choose one with --number", number, a.Name)
	case len(want) == 1: // as it is
		return have.Items[i], nil
	}
	return v, r.tell(ctx, http.MethodPatch, "/v1/versions/"+url.PathEscape(have.Items[i].ID), want, &v)
}
