package secret

import (
	"crypto/rand"
	"hash/crc32"
	"strings"
	"time"
)

// Prefix tells what a credential opens.
type Prefix string

// The prefixes of all credentials that Guestright issues.
const (
	AccessToken   Prefix = "grat_"
	RefreshToken  Prefix = "grrt_"
	ClientSecret  Prefix = "grcs_"
	PrivateKey    Prefix = "grpk_"
	WebhookSecret Prefix = "grwh_"
	PersonalToken Prefix = "grpt_"
	ServiceToken  Prefix = "grst_"
	TriggerSecret Prefix = "grtr_"
)

const (
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	prefixLen = 5
	randomLen = 40
	timeLen   = 7
	checkLen  = 6
	// Length is the number of characters of every credential.
	Length = prefixLen + randomLen + checkLen
)

// Generate makes a new credential with 238 bits of randomness.
func Generate(p Prefix) Text {
	return finish(append(make([]byte, 0, Length), p...))
}

// GenerateAt makes a new credential. An access or refresh token tells when it was
// made, to the millisecond, and has 196 bits of randomness: they are many, and the
// index in which they are looked up then grows at its end instead of everywhere.
func GenerateAt(p Prefix, at time.Time) Text {
	if !p.timed() {
		return Generate(p)
	}
	out := append(make([]byte, 0, Length), p...)[:prefixLen+timeLen]
	ms := max(at.UnixMilli(), 0)
	for i := timeLen - 1; i >= 0; i-- {
		out[prefixLen+i] = base62[ms%62]
		ms /= 62
	}
	return finish(out)
}

func (p Prefix) timed() bool { return p == AccessToken || p == RefreshToken }

// madeAt is the time in milliseconds that a credential tells.
func madeAt(raw string) (ms uint64, ok bool) {
	if len(raw) != Length || !Prefix(raw[:prefixLen]).timed() {
		return 0, false
	}
	for i := range timeLen {
		n := strings.IndexByte(base62, raw[prefixLen+i])
		if n < 0 {
			return 0, false
		}
		ms = ms*62 + uint64(n)
	}
	return ms, true
}

// finish adds what is missing of the random characters, and the checksum.
func finish(out []byte) Text {
	var pool [64]byte
	for len(out) < prefixLen+randomLen {
		_, _ = rand.Read(pool[:]) // never fails (Go 1.24)
		for _, b := range pool {
			// 248 is the largest multiple of 62 in a byte: no modulo bias.
			if b < 248 && len(out) < prefixLen+randomLen {
				out = append(out, base62[b%62])
			}
		}
	}
	sum := checksum(out)
	return Text{string(append(out, sum[:]...))}
}

// WellFormed reports, without allocation, whether raw has the shape and the
// checksum of a credential with one of the known prefixes.
func WellFormed(raw string) bool {
	if len(raw) != Length {
		return false
	}
	switch Prefix(raw[:prefixLen]) {
	case AccessToken, RefreshToken, ClientSecret, PrivateKey, WebhookSecret, PersonalToken, ServiceToken, TriggerSecret:
	default:
		return false
	}
	var buf [prefixLen + randomLen]byte
	for i := prefixLen; i < Length; i++ {
		c := raw[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	copy(buf[:], raw)
	sum := checksum(buf[:])
	return raw[prefixLen+randomLen:] == string(sum[:])
}

// Ours reports whether raw begins like a credential of ours, whatever follows.
func Ours(raw string) bool {
	if len(raw) < prefixLen {
		return false
	}
	switch Prefix(raw[:prefixLen]) {
	case AccessToken, RefreshToken, ClientSecret, PrivateKey, WebhookSecret, PersonalToken, ServiceToken, TriggerSecret:
		return true
	}
	return false
}

// Is reports whether raw carries the prefix; it does not check the rest.
func (p Prefix) Is(raw string) bool { return strings.HasPrefix(raw, string(p)) }

func checksum(b []byte) [checkLen]byte {
	// Byte by byte: crc32.ChecksumIEEE makes its argument escape to the heap.
	n := ^uint32(0)
	for _, c := range b {
		n = crc32.IEEETable[byte(n)^c] ^ n>>8
	}
	n = ^n
	var out [checkLen]byte
	for i := checkLen - 1; i >= 0; i-- {
		out[i] = base62[n%62]
		n /= 62
	}
	return out
}
