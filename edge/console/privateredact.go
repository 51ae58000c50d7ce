package console

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/guestright/guestright/kit/secret"
)

// hidden stands for what a page does not show.
const hidden = "[hidden]"

// secretWords are parts of names whose values are not shown, wherever they stand in an answer.
var secretWords = []string{"password", "passwd", "secret", "token", "apikey", "api_key", "authorization", "credential", "private_key", "privatekey"}

// redacted makes an answer in JSON readable and hides what looks like a secret. One that was cut, or
// is no JSON after all, is shown as text.
func redacted(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return hide(strings.ToValidUTF8(string(raw), "�"))
	}
	b, err := json.MarshalIndent(masked(v, 0), "", "  ")
	if err != nil {
		return hidden
	}
	return hide(string(b))
}

// masked hides values by the names of their members.
func masked(v any, depth int) any {
	if depth > 64 {
		return hidden
	}
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if text, ok := value.(string); ok && text != "" && secretName(name) {
				v[name] = hidden
				continue
			}
			v[name] = masked(value, depth+1)
		}
	case []any:
		for i := range v {
			v[i] = masked(v[i], depth+1)
		}
	}
	return v
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// hide takes credentials of ours out of a text.
func hide(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if i+secret.Length <= len(text) && text[i] == 'g' && secret.WellFormed(text[i:i+secret.Length]) {
			b.WriteString(hidden)
			i += secret.Length
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}
