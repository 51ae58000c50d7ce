package listing

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// PictureID identifies a Picture.
type PictureID = ident.ID[Picture]

// PictureKind says what a picture is for.
type PictureKind string

// The kinds.
const (
	Icon       PictureKind = "icon"
	Screenshot PictureKind = "screenshot"
)

// Picture is one that is kept here.
type Picture struct {
	ID      PictureID   `json:"id"`
	Kind    PictureKind `json:"kind" enum:"icon,screenshot"`
	Alt     string      `json:"alt" doc:"What it shows, for those who cannot see it"`
	Type    string      `json:"type" enum:"image/png,image/jpeg"`
	Width   int         `json:"width"`
	Height  int         `json:"height"`
	Size    int64       `json:"size" doc:"Bytes"`
	Created time.Time   `json:"created"`
}

// IDPrefix implements ident.Named.
func (Picture) IDPrefix() string { return "pic" }

// Limits of pictures.
const (
	PictureMost     = 2 << 20 // bytes
	ScreenshotsMost = 6
	altMost         = 300
	iconLeast       = 64
	iconMost        = 1024
	shotLeast       = 320
	shotMost        = 2560
)

// drawn judges a picture and draws it anew, so that nothing is kept but what is
// seen: no position of the camera, no file of another type behind it.
func drawn(kind PictureKind, alt string, data []byte) (Picture, []byte, error) {
	p := Picture{Kind: kind, Alt: strings.TrimSpace(alt)}
	no := func(code, detail string, cause error) (Picture, []byte, error) {
		return p, nil, problem.Invalid("picture_invalid", "The picture cannot be taken. "+detail, problem.Field{Pointer: "/picture", Code: code, Detail: detail}).Because(cause)
	}
	switch n := utf8.RuneCountInString(p.Alt); {
	case kind != Icon && kind != Screenshot:
		return no("kind_unknown", "It is an icon or a screenshot.", nil)
	case kind == Screenshot && n == 0:
		return p, nil, problem.Invalid("picture_invalid", "Say what the screenshot shows.", problem.Field{Pointer: "/alt", Code: "required", Detail: "Some people cannot see it: say what it shows."})
	case n > altMost || !utf8.ValidString(p.Alt):
		return p, nil, problem.Invalid("picture_invalid", "The description of the picture is too long.", problem.Field{Pointer: "/alt", Code: "too_long", Detail: "At most 300 characters."})
	case len(data) > PictureMost:
		return no("too_large", "At most 2 MiB.", nil)
	}
	decode, head := png.Decode, png.DecodeConfig
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		p.Type = "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		p.Type, decode, head = "image/jpeg", jpeg.Decode, jpeg.DecodeConfig
	default:
		return no("type_unknown", "Use PNG or JPEG.", nil)
	}
	size, err := head(bytes.NewReader(data)) // before the whole of it, which may be huge
	if err != nil {
		return no("unreadable", "The file is damaged.", err)
	}
	if why := fits(kind, size.Width, size.Height); why != "" {
		return no("size", why, nil)
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return no("unreadable", "The file is damaged.", err)
	}
	p.Width, p.Height = size.Width, size.Height
	out, err := encoded(p.Type, img)
	if err != nil {
		return no("unreadable", "The file is damaged.", err)
	}
	p.Size = int64(len(out))
	return p, out, nil
}

func encoded(kind string, img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if kind == "image/jpeg" {
		err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 88})
		return b.Bytes(), err
	}
	err := png.Encode(&b, img)
	if b.Len() > 4*PictureMost {
		err = errors.Join(err, errors.New("too large once it is drawn"))
	}
	return b.Bytes(), err
}

// fits says why a size cannot be taken; "" when it can.
func fits(kind PictureKind, w, h int) string {
	switch {
	case kind == Icon && w != h:
		return "An icon is as wide as high."
	case kind == Icon && (w < iconLeast || w > iconMost):
		return "An icon is between 64 and 1,024 pixels wide."
	case kind == Screenshot && (w < shotLeast || h < shotLeast/2 || w > shotMost || h > shotMost):
		return "A screenshot is between 320 and 2,560 pixels wide, and between 160 and 2,560 high."
	}
	return ""
}

// Ext is what the name of the picture's file ends with.
func (p Picture) Ext() string {
	if p.Type == "image/jpeg" {
		return ".jpg"
	}
	return ".png"
}

// path is where the picture is served, below an address.
func (p Picture) path(below string) string { return below + "/pictures/" + p.ID.String() + p.Ext() }
