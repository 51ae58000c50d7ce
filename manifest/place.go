package manifest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// places knows on which line each part of a manifest begins, and which members
// stand twice.
type places struct {
	lines map[string]int
	twice []string
}

// line gives the line of a pointer, or of what it would stand in.
func (p places) line(pointer string) int {
	for {
		if n, ok := p.lines[pointer]; ok {
			return n
		}
		cut := strings.LastIndexByte(pointer, '/')
		if cut < 0 {
			return 1
		}
		pointer = pointer[:cut]
	}
}

type placer struct {
	data   []byte
	dec    *json.Decoder
	at     int // offset up to which lines are counted
	line   int
	places places
}

// locate walks valid JSON.
func locate(data []byte) places {
	p := &placer{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1, places: places{lines: map[string]int{}}}
	p.dec.UseNumber()
	p.value("")
	return p.places
}

// here is the line of the token that was read last.
func (p *placer) here() int {
	to := min(int(p.dec.InputOffset()), len(p.data))
	if to > p.at {
		p.line += bytes.Count(p.data[p.at:to], []byte("\n"))
		p.at = to
	}
	return p.line
}

func (p *placer) value(pointer string) {
	t, err := p.dec.Token()
	if err != nil {
		return
	}
	if _, known := p.places.lines[pointer]; !known {
		p.places.lines[pointer] = p.here()
	}
	switch t {
	case json.Delim('{'):
		seen := map[string]bool{}
		for p.dec.More() {
			t, err := p.dec.Token()
			if err != nil {
				return
			}
			name, _ := t.(string)
			at := pointer + "/" + escape(name)
			if seen[name] {
				p.places.twice = append(p.places.twice, at)
			}
			seen[name] = true
			p.places.lines[at] = p.here()
			p.value(at)
		}
		_, _ = p.dec.Token()
	case json.Delim('['):
		for i := 0; p.dec.More(); i++ {
			p.value(pointer + "/" + strconv.Itoa(i))
		}
		_, _ = p.dec.Token()
	}
}

// escape writes a member's name for a JSON pointer (RFC 6901).
func escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// pointer joins steps.
func pointer(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(escape(s))
	}
	return b.String()
}
