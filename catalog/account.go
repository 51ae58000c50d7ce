package catalog

import "strings"

// Keys lists every place where a request may carry the account's key, the main one first.
func (a Account) Keys() []Key { return append([]Key{{In: a.In, Name: a.Name}}, a.Also...) }

// FromHost takes the account's key out of a host by a pattern such as "{account}.api.example.com". Host names compare
// without case (RFC 4343); the key itself may not span labels.
func (k Key) FromHost(host string) (string, bool) {
	before, after, ok := strings.Cut(k.Name, "{account}")
	if !ok || len(host) <= len(before)+len(after) {
		return "", false
	}
	head, rest := host[:len(before)], host[len(before):]
	key, tail := rest[:len(rest)-len(after)], rest[len(rest)-len(after):]
	if !strings.EqualFold(head, before) || !strings.EqualFold(tail, after) || strings.ContainsAny(key, ".:") {
		return "", false
	}
	return key, true
}
