package event

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Append adds the envelope of an event, as it is delivered, to dst. The data
// stand in it byte for byte as they were sent, and the same event always gives
// the same bytes.
func (e *Event) Append(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, e.ID.String()...)
	dst = text(dst, `","type":`, e.Type)
	if e.Version > 0 {
		dst = strconv.AppendInt(append(dst, `,"version":`...), int64(e.Version), 10)
	}
	dst = append(dst, `,"timestamp":"`...)
	dst = e.Timestamp.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = text(dst, `","account":`, e.Account)
	dst = text(dst, `,"account_key":`, e.AccountKey)
	dst = strconv.AppendInt(append(dst, `,"sequence":`...), e.Sequence, 10)
	for _, f := range [...]struct{ name, value string }{
		{`,"subject":`, e.Subject}, {`,"ordering_key":`, e.OrderingKey}, {`,"source":`, e.Source}, {`,"source_id":`, e.Key},
	} {
		if f.value != "" {
			dst = text(dst, f.name, f.value)
		}
	}
	if e.Test {
		dst = append(dst, `,"test":true`...)
	}
	dst = append(dst, `,"data":`...)
	dst = append(dst, e.Data...)
	return append(dst, '}')
}

// text adds a string member.
func text(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	for i := range len(value) {
		if c := value[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(value) // a string always marshals
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, value...)
	return append(dst, '"')
}
