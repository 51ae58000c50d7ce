package ident

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Named gives the prefix of a noun's identifiers. It is implemented on the
// noun itself with a value receiver: func (Token) IDPrefix() string { return "tok" }.
type Named interface{ IDPrefix() string }

// ID identifies one T. The zero value is "absent".
type ID[T Named] struct{ s string }

// Crockford's base 32, lower case.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const bodyLen = 26

// New makes an identifier whose order follows now, to the millisecond, with 80
// random bits behind it (the layout of ULID, https://github.com/ulid/spec).
func New[T Named](now time.Time) ID[T] { return ID[T]{string(Append[T](nil, now))} }

// Append adds the text of a new identifier to dst, for names that only pass
// through and should cost no allocation.
func Append[T Named](dst []byte, now time.Time) []byte {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	binary.BigEndian.PutUint64(b[:8], ms<<16)
	_, _ = rand.Read(b[6:]) // crypto/rand.Read never fails (Go 1.24)
	dst = append(dst, prefix[T]()...)
	dst = append(dst, '_')
	return encode(dst, b)
}

// Numbered makes the identifier of what a log has at a number, 0 to 1<<62-1, since
// a time: it needs no column and no index of its own. Number gives the number back.
func Numbered[T Named](n int64, since time.Time) ID[T] {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(since.UnixMilli())<<16)
	binary.BigEndian.PutUint64(b[8:], uint64(n))
	return FromBytes[T](b)
}

// Parse reads an identifier of a T. Anything else is answered as not found, so
// that a malformed id and a foreign one look alike.
func Parse[T Named](s string) (ID[T], error) {
	p := prefix[T]()
	body, ok := strings.CutPrefix(s, p+"_")
	if !ok || len(body) != bodyLen || !wellFormed(body) {
		return ID[T]{}, problem.NotFound(noun[T]())
	}
	return ID[T]{s}, nil
}

// Must reads an identifier that this program wrote itself, in tests and seeds.
func Must[T Named](s string) ID[T] {
	id, err := Parse[T](s)
	if err != nil {
		panic("ident: " + s + " is not a " + prefix[T]() + " id")
	}
	return id
}

// String returns the text form, "" when absent.
func (id ID[T]) String() string { return id.s }

// IsZero reports whether the identifier is absent.
func (id ID[T]) IsZero() bool { return id.s == "" }

// MarshalText implements encoding.TextMarshaler.
func (id ID[T]) MarshalText() ([]byte, error) { return []byte(id.s), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID[T]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID[T]{}
		return nil
	}
	got, err := Parse[T](string(b))
	if err != nil {
		return err
	}
	*id = got
	return nil
}

// Bytes is the identifier without its prefix, for memories of very many; zeros
// when absent.
func (id ID[T]) Bytes() [16]byte {
	var hi, lo uint64
	body := id.s[max(0, len(id.s)-bodyLen):]
	for i := range len(body) {
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(strings.IndexByte(alphabet, body[i]))
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return b
}

// FromBytes is the inverse of Bytes.
func FromBytes[T Named](b [16]byte) ID[T] {
	if b == [16]byte{} {
		return ID[T]{}
	}
	return ID[T]{string(encode([]byte(prefix[T]()+"_"), b))}
}

// Time is when the identifier was made, to the millisecond; zero when absent.
func (id ID[T]) Time() time.Time {
	if id.s == "" {
		return time.Time{}
	}
	b := id.Bytes()
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b[:8]) >> 16)).UTC()
}

// Number is what Numbered was given. The identifier may be made up: compare it with
// that of what stands at the number.
func (id ID[T]) Number() int64 {
	b := id.Bytes()
	return int64(binary.BigEndian.Uint64(b[8:]) & (1<<62 - 1))
}

// Value implements driver.Valuer: text, empty when absent.
func (id ID[T]) Value() (driver.Value, error) { return id.s, nil }

// Scan implements sql.Scanner.
func (id *ID[T]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID[T]{}
	case string:
		*id = ID[T]{v}
	case []byte:
		*id = ID[T]{string(v)}
	default:
		return fmt.Errorf("ident: cannot scan %T", src)
	}
	return nil
}

func prefix[T Named]() string {
	var zero T
	return zero.IDPrefix()
}

func noun[T Named]() string {
	name := fmt.Sprintf("%T", *new(T))
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return strings.ToLower(name)
}

func wellFormed(body string) bool {
	for i := range len(body) {
		if strings.IndexByte(alphabet, body[i]) < 0 {
			return false
		}
	}
	return body[0] <= '7' // 26 characters hold 130 bits; the first has only three
}

func encode(dst []byte, b [16]byte) []byte {
	var out [bodyLen]byte
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	for i := bodyLen - 1; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return append(dst, out[:]...)
}
