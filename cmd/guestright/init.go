package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"

	"maps"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/server"
)

type initCmd struct {
	Dir     string   `arg:"" type:"path" help:"Folder for the files; made when it is not there."`
	OpenAPI []string `name:"openapi" required:"" sep:"none" placeholder:"FILE" type:"path" help:"OpenAPI 3.0 or 3.1 file of your product; repeat for several."`
}

// folder of the OpenAPI files beside the catalog.
const documentsFolder = "openapi"

// Run writes everything or, where a file is there already, nothing.
func (c initCmd) Run(w *world) error {
	docs, err := gather(c.OpenAPI)
	if err != nil {
		return err
	}
	read := map[string][]byte{}
	if _, err := docs.load(read); err != nil {
		return err
	}
	files := map[string][]byte{}
	for name, data := range read {
		files[filepath.Join(documentsFolder, filepath.FromSlash(name))] = data
	}
	var cfg bytes.Buffer
	if err := server.WriteConfig(&cfg, server.Defaults()); err != nil {
		return err
	}
	files["guestright.yaml"] = cfg.Bytes()
	names := slices.Sorted(maps.Keys(files))
	for _, name := range append(names, "catalog.yaml") {
		if _, err := os.Lstat(filepath.Join(c.Dir, name)); err == nil {
			return problem.Conflict("file_exists", filepath.Join(c.Dir, name)+" is there already; nothing was written.")
		}
	}
	for _, name := range names {
		if err := writeNew(filepath.Join(c.Dir, name), files[name]); err != nil {
			return err
		}
	}
	coverage, err := c.catalog(docs.names)
	if err != nil {
		return err
	}
	w.say("Wrote to %s:", c.Dir)
	for _, name := range append(names, "catalog.yaml") {
		w.say("  %s", name)
	}
	w.say("\n%d operations, %d of them without a requirement yet.", coverage.Operations, len(coverage.Gaps))
	w.say("\nNext:\n  cd %s\n  guestright catalog import   # what is still to be declared in catalog.yaml\n  guestright check            # what will be in force\n  guestright serve            # prints the secret for the first operator", c.Dir)
	return nil
}

// catalog writes the first catalog from the copies, so that it names them as
// they lie beside it, and reads it back.
func (c initCmd) catalog(names []string) (catalog.Coverage, error) {
	copies := documents{root: c.Dir}
	for _, n := range names {
		copies.names = append(copies.names, documentsFolder+"/"+n)
	}
	set, err := copies.load(nil)
	if err != nil {
		return catalog.Coverage{}, err
	}
	text, err := catalog.Write(set)
	if err != nil {
		return catalog.Coverage{}, err
	}
	path := filepath.Join(c.Dir, "catalog.yaml")
	if err := writeNew(path, text); err != nil {
		return catalog.Coverage{}, err
	}
	_, coverage, err := server.LoadCatalog(path)
	return coverage, err
}
