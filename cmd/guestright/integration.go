package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/bundle"
	"github.com/guestright/guestright/manifest/lint"
)

type integrationCmd struct {
	New  integrationNewCmd  `cmd:"" help:"Begin an integration: a folder with a manifest, a template and icons."`
	Lint integrationLintCmd `cmd:"" help:"Say what is wrong with integrations, and what would mend it. Exit code 1: errors, 2: cannot be read."`

	Send    integrationSendCmd    `cmd:"" help:"Send the requests of an integration to a server of your own."`
	Preview integrationPreviewCmd `cmd:"" help:"Show every request that an integration makes, for an event. Exit code 1: a template makes nothing, 2: cannot be read."`
	Watch   integrationWatchCmd   `cmd:"" help:"Serve a page with what lint says and every request of an integration, which follows its files."`
	Import  integrationImportCmd  `cmd:"" help:"Put integrations into versions on a platform. Exit code 1: errors, or refused, 2: cannot be read."`
}

type integrationLintCmd struct {
	Packages []string `arg:"" name:"dir" type:"path" help:"Folders, or zip, tar and tar.gz archives."`
	JSON     bool     `name:"json" help:"Print a document for programs."`
}

// linted is one package with what there is to say.
type linted struct {
	Path         string             `json:"path"`
	Key          string             `json:"key"`
	Compatible   bool               `json:"compatible"` // LaunchDarkly's form
	Capabilities []string           `json:"capabilities"`
	Findings     []manifest.Finding `json:"findings"`

	read  manifest.Read
	files bundle.Bundle
}

// Run judges each package alone, and all together.
func (c integrationLintCmd) Run(w *world) error {
	all, err := lintAll(c.Packages)
	if err != nil {
		return err
	}
	return sayLinted(w, all, c.JSON)
}

// sayLinted prints what there is to say, and fails where something is wrong.
func sayLinted(w *world, all []linted, asJSON bool) error {
	failed := slices.ContainsFunc(all, func(p linted) bool { return manifest.Failed(p.Findings) })
	if asJSON {
		out, err := json.MarshalIndent(map[string]any{"packages": all, "failed": failed}, "", "  ")
		if err != nil {
			return err
		}
		w.say("%s", out)
	} else {
		sayFindings(w, all)
	}
	if failed {
		return errSilent
	}
	return nil
}

// lintAll judges packages, each alone and all together.
func lintAll(paths []string) ([]linted, error) {
	var all []linted
	var reads []manifest.Read
	for _, path := range paths {
		one, err := lintPackage(path)
		if err != nil {
			return nil, exitError{exitMisused, fmt.Errorf("%s: %w", path, err)}
		}
		all = append(all, one)
		reads = append(reads, one.read)
	}
	more := lint.Together(reads, lint.LaunchDarkly())
	for i := range all {
		all[i].Findings = append(all[i].Findings, more[all[i].Key]...)
	}
	return all, nil
}

// lintPackage opens and judges one package. Error: it cannot be read.
func lintPackage(path string) (linted, error) {
	name := filepath.Base(path)
	b, found, err := openPackage(path)
	if err != nil {
		return linted{}, err
	}
	for _, ending := range []string{".zip", ".tar.gz", ".tgz", ".tar"} {
		name = strings.TrimSuffix(name, ending)
	}
	out := linted{Path: path, Key: name, Capabilities: []string{}, Findings: found, files: b}
	data, err := fs.ReadFile(b, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) && manifest.Failed(found) {
		return out, nil // that is said already
	}
	if err != nil {
		return linted{}, err
	}
	out.read, err = manifest.Parse(name, data)
	if err != nil {
		return linted{}, err
	}
	profile := lint.Profile{}
	if out.read.Compatible {
		profile = lint.LaunchDarkly()
	}
	out.Compatible = out.read.Compatible
	out.Capabilities = append(out.Capabilities, out.read.Package.Capabilities()...)
	out.Findings = append(out.Findings, lint.Package(out.read, b, profile)...)
	return out, nil
}

func openPackage(path string) (bundle.Bundle, []manifest.Finding, error) {
	info, err := os.Stat(path)
	if err != nil {
		return bundle.Bundle{}, nil, err
	}
	if !info.IsDir() {
		data, err := os.ReadFile(path)
		if err != nil {
			return bundle.Bundle{}, nil, err
		}
		return bundle.Open(data)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return bundle.Bundle{}, nil, err
	}
	b, found, err := bundle.Folder(root.FS())
	return b, found, errors.Join(err, root.Close())
}

// sayFindings prints a line for each finding, as compilers do.
func sayFindings(w *world, all []linted) {
	count := map[manifest.Severity]int{}
	for _, p := range all {
		for _, f := range p.Findings {
			count[f.Severity]++
			file := "manifest.json"
			if f.File != "" {
				file = f.File
			}
			if info, err := os.Stat(p.Path); err == nil && info.IsDir() {
				file = filepath.Join(p.Path, filepath.FromSlash(file))
			} else {
				file = p.Path + ":" + file
			}
			if wd, err := os.Getwd(); err == nil {
				if rel, err := filepath.Rel(wd, file); err == nil && filepath.IsLocal(rel) {
					file = rel
				}
			}
			if f.Line > 0 {
				file += fmt.Sprintf(":%d", f.Line)
			}
			w.say("%s: %s: %s [%s]", file, f.Severity, strings.TrimSpace(f.Message+" "+f.Mend), strings.TrimSpace(f.Rule+" "+f.Pointer))
		}
	}
	parts := []string{counted(len(all), "package")}
	for _, s := range []manifest.Severity{manifest.Error, manifest.Warning, manifest.Notice} {
		if n := count[s]; n > 0 || s == manifest.Error {
			parts = append(parts, counted(n, string(s)))
		}
	}
	w.say("%s", strings.Join(parts, ", "))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type integrationNewCmd struct {
	Name string `arg:"" help:"Name of the folder, which is the integration's key: small letters, digits, dashes."`
}

// Run writes the files of a new integration; it overwrites nothing.
func (c integrationNewCmd) Run(w *world) error {
	key := filepath.Base(c.Name)
	files, err := lint.Scaffold(key)
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.Name, 0o755); err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		path := filepath.Join(c.Name, filepath.FromSlash(n))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[n], 0o644); err != nil {
			return err
		}
		w.say("%s", path)
	}
	w.say("Next: guestright integration lint %s", c.Name)
	return nil
}
