package bundle_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/bundle"
)

func TestPicturesOnlyDraw(t *testing.T) {
	t.Parallel()
	const open = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"`
	for name, c := range map[string]struct {
		in, out string // out: what stands between svg's tags
		removed string // one of those reported
	}{
		"plain":         {`<path d="M0 0h8"/>`, `<path d="M0 0h8"></path>`, ""},
		"script":        {`<script>alert(1)</script><g/>`, `<g></g>`, "script"},
		"foreign":       {`<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script/></body></foreignObject>`, ``, "foreignObject"},
		"handler":       {`<g onload="alert(1)" OnClick="x" fill="red"/>`, `<g fill="red"></g>`, "onload"},
		"animated link": {`<a><animate attributeName="href" values="javascript:alert(1)"/></a>`, ``, "a"},
		"set":           {`<g><set attributeName="onload" to="x"/></g>`, `<g></g>`, "set"},
		"outside image": {`<image href="https://evil.example/x.png"/>`, `<image></image>`, "image:href"},
		"svg inside":    {`<image href="data:image/svg+xml;base64,AA"/>`, `<image></image>`, "image:href"},
		"picture":       {`<image href="data:image/png;base64,AA=="/>`, `<image href="data:image/png;base64,AA=="></image>`, ""},
		"use outside":   {`<use xlink:href="//evil.example/x#a"/>`, `<use></use>`, "use:href"},
		"use inside":    {`<use xlink:href="#a"/>`, `<use xlink:href="#a"></use>`, ""},
		"use in a use":  {`<g id="a"><g><use href="#b"/></g></g>`, `<g id="a"><g></g></g>`, "use"},
		"gradient":      {`<g fill="url(#a)"/>`, `<g fill="url(#a)"></g>`, ""},
		"outside fill":  {`<g fill="url(https://evil.example/#a)"/>`, `<g></g>`, "fill"},
		"quoted fill":   {`<g fill="URL ( '//evil.example' )"/>`, `<g></g>`, "fill"},
		"style":         {`<style>.a{fill:red}</style>`, `<style>.a{fill:red}</style>`, ""},
		"import":        {`<style>@import "//evil.example";</style>`, `<style></style>`, "style"},
		"escaped":       {`<style>.a{fill:\75rl(//evil.example)}</style>`, `<style></style>`, "style"},
		"style outside": {`<g style="background:url(//evil.example)"/>`, `<g></g>`, "style"},
		"comment":       {`<!-- <script> --><g/>`, `<g></g>`, ""},
		"editor":        {`<x:y xmlns:x="urn:editor" a="b"><script/></x:y><g xmlns:x="urn:editor" x:z="1"/>`, `<g></g>`, ""},
		"text":          {`<text>a &lt; &amp; b</text>`, `<text>a &lt; &amp; b</text>`, ""},
		"cdata":         {`<text><![CDATA[<script>]]></text>`, `<text>&lt;script&gt;</text>`, ""},
		"stylesheet":    {`<?xml-stylesheet href="x"?><g/>`, `<g></g>`, ""},
	} {
		got, removed, err := bundle.SVG([]byte(open + `>` + c.in + `</svg>`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(string(got), open+">"), "</svg>")
		if inner != c.out || c.removed == "" && len(removed) > 0 || c.removed != "" && !slices.Contains(removed, c.removed) {
			t.Errorf("%s: %s, took out %v", name, got, removed)
		}
		if again, _, err := bundle.SVG(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: a second time %s %v", name, again, err)
		}
	}
}

func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "<html/>", "<svg>", "<svg/><svg/>", "x<svg/>", "<svg>&nbsp;</svg>", `<svg xmlns="urn:other"/>`,
		"<svg>" + strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100) + "</svg>", "<svg>" + strings.Repeat("<g/>", 30_000) + "</svg>"} {
		if out, _, err := bundle.SVG([]byte(text)); err == nil {
			t.Errorf("%.40q became %s", text, out)
		}
	}
}

func drawn(t testing.TB) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 2, 2))
	m.Set(1, 1, color.RGBA{R: 255, A: 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunk is a part of a PNG.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func TestPNGIsDrawnAgain(t *testing.T) {
	t.Parallel()
	data := drawn(t)
	words := chunk("tEXt", []byte("Comment\x00<script>"))
	with := append(append(slices.Clone(data[:33]), words...), append(slices.Clone(data[33:]), "<script>"...)...)
	got, err := bundle.PNG(with)
	if err != nil || bytes.Contains(got, []byte("<script>")) {
		t.Fatalf("%q %v", got, err)
	}
	m, err := png.Decode(bytes.NewReader(got))
	if err != nil || m.Bounds().Dx() != 2 || color.RGBAModel.Convert(m.At(1, 1)) != (color.RGBA{R: 255, A: 255}) {
		t.Error("it is another picture", err)
	}
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 60_000), 60_000)
	huge := append(append(slices.Clone(data[:8]), chunk("IHDR", append(size, 8, 6, 0, 0, 0))...), data[33:]...)
	for name, bad := range map[string][]byte{"nothing": nil, "text": []byte("x"), "cut": data[:40], "huge": huge} {
		if _, err := bundle.PNG(bad); err == nil {
			t.Error(name, "went through")
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><g fill="url(#a)" onload="x"/><style>a{}</style></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _, err := bundle.SVG(data)
		if err != nil {
			return
		}
		for _, bad := range []string{"<script", "<foreignobject", "<animate"} {
			if strings.Contains(strings.ToLower(string(got)), bad) {
				t.Fatalf("%s came through: %s", bad, got)
			}
		}
		again, removed, err := bundle.SVG(got)
		if err != nil || !bytes.Equal(again, got) || len(removed) > 0 {
			t.Fatalf("not at rest: %s then %s, %v, %v", got, again, removed, err)
		}
	})
}
