package checklist

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest"
)

const noPackage = "The version has no integration package: it works through the API."

// evidenceMost bounds what one item names.
const evidenceMost = 50

func (f *facts) sound() Item {
	if f.packed == nil {
		return skipped(CodePackage, noPackage)
	}
	warned := 0
	said := []string{}
	for _, kind := range []manifest.Severity{manifest.Warning, manifest.Notice} {
		for _, found := range f.findings {
			if found.Severity != kind {
				continue
			}
			if kind == manifest.Warning {
				warned++
			}
			if len(said) < evidenceMost {
				said = append(said, string(kind)+" "+found.Rule+", "+strings.TrimSpace(found.File+" "+found.Pointer)+": "+found.Message)
			}
		}
	}
	if warned > 0 {
		return item(CodePackage, Look, "The package has no errors; "+counted(warned, "warning is", "warnings are")+" left.",
			"Mend what you can. A reviewer looks at the rest.", said...)
	}
	return item(CodePackage, Passed, "The package has no errors and no warnings.", "", append([]string{f.packed.Key + ", SHA-256 " + f.packed.Digest}, said...)...)
}

func (f *facts) previews() Item {
	switch {
	case f.packed == nil:
		return skipped(CodePreviews, noPackage)
	case len(f.faulty) > 0:
		return item(CodePreviews, Failed, "Some requests cannot be made of the example events.", "Look at them under Package, Requests, and mend the templates.", f.faulty...)
	case f.requests == 0:
		return skipped(CodePreviews, "The package makes no requests.")
	}
	return item(CodePreviews, Passed, counted(f.requests, "request was", "requests were")+" made of example events.", "")
}

func (f *facts) pictures() Item {
	if f.packed == nil {
		return skipped(CodePictures, noPackage)
	}
	var missing, there []string
	icons := f.packed.Manifest.Listing.Icons
	for _, name := range []string{icons.Square, icons.Horizontal} {
		if info, err := fs.Stat(f.packed.Bundle, name); err != nil || info.Size() == 0 {
			missing = append(missing, name)
			continue
		}
		there = append(there, name)
	}
	if missing != nil {
		return item(CodePictures, Failed, "The manifest names icons that are not in the package.", "Add the files and upload the package again.", missing...)
	}
	return item(CodePictures, Passed, "Both icons are there.", "", there...)
}

// counted puts a number before the form of a word that fits it.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
