package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Digest is HMAC-SHA-256 of a credential under the keyring: the only trace of
// a secret that we merely compare. Keyed, so that a stolen database without the
// master key cannot even confirm a guess. Of a credential that tells its time,
// the first 6 bytes are that time and 26 of the HMAC follow.
type Digest [sha256.Size]byte

// String returns lower-case hex, the stored form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads the stored form.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != 2*len(d) {
		return d, errors.New("secret: not a digest")
	}
	_, err := hex.Decode(d[:], []byte(s))
	return d, err
}

// Keyring derives every key from master keys of 32 bytes. The first is used for
// new work; the others still open and match what was made with them.
type Keyring struct {
	keys []derived
}

type derived struct {
	id           string
	inner, outer [sha256.BlockSize]byte // HMAC pads of the digest key (RFC 2104)
	aead         cipher.AEAD
	master       []byte
}

// MasterLen is the length of a master key in bytes.
const MasterLen = 32

// NewKeyring builds a keyring; the first master key is the current one.
func NewKeyring(masters ...[]byte) (*Keyring, error) {
	if len(masters) == 0 {
		return nil, errors.New("secret: no master key")
	}
	k := &Keyring{}
	for _, m := range masters {
		d, err := derive(m)
		if err != nil {
			return nil, err
		}
		k.keys = append(k.keys, d)
	}
	return k, nil
}

// ReadKeyFile reads a master key file: one base64 key a line, the current first.
// The file must not be readable by others.
func ReadKeyFile(path string) (*Keyring, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		return nil, fmt.Errorf("master key: %s is readable by others; run chmod 600 on it", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	var masters [][]byte
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("master key: %s holds a line that is not base64", path)
		}
		masters = append(masters, m)
	}
	return NewKeyring(masters...)
}

// WriteKeyFile makes a new random master key file with mode 0600 and fails if
// the file exists.
func WriteKeyFile(path string) error {
	var m [MasterLen]byte
	_, _ = rand.Read(m[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	_, err = fmt.Fprintf(f, "# Guestright master key. Keep a copy apart from the database; without it nothing can be opened.\n%s\n",
		base64.StdEncoding.EncodeToString(m[:]))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func derive(master []byte) (derived, error) {
	if len(master) != MasterLen {
		return derived{}, fmt.Errorf("secret: a master key has %d bytes, not %d", MasterLen, len(master))
	}
	varied := false
	for _, b := range master {
		varied = varied || b != master[0]
	}
	if !varied {
		return derived{}, errors.New("secret: the master key is a default (all bytes alike)")
	}
	d := derived{master: append([]byte(nil), master...)}
	mac, err := hkdf.Key(sha256.New, master, nil, "guestright digest v1", 32)
	if err != nil {
		return d, err
	}
	for i := range d.inner {
		d.inner[i], d.outer[i] = 0x36, 0x5c
		if i < len(mac) {
			d.inner[i] ^= mac[i]
			d.outer[i] ^= mac[i]
		}
	}
	seal, err := hkdf.Key(sha256.New, master, nil, "guestright seal v1", 32)
	if err != nil {
		return d, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return d, err
	}
	d.aead, err = cipher.NewGCM(block)
	if err != nil {
		return d, err
	}
	id, err := hkdf.Key(sha256.New, master, nil, "guestright key id v1", 4)
	d.id = hex.EncodeToString(id)
	return d, err
}

// ID names the current master key without revealing it.
func (k *Keyring) ID() string { return k.keys[0].id }

// Digest digests a credential of at most 192 bytes under the current key,
// without allocation; longer input is hashed first.
func (k *Keyring) Digest(raw string) Digest { return k.keys[0].digest(raw) }

// Digests returns the digest under every key, the current first, for look-ups
// while a rotation of the master key lasts.
func (k *Keyring) Digests(raw string) []Digest {
	out := make([]Digest, len(k.keys))
	for i := range k.keys {
		out[i] = k.keys[i].digest(raw)
	}
	return out
}

func (d *derived) digest(raw string) Digest {
	const room = 192
	var buf [sha256.BlockSize + room]byte
	copy(buf[:], d.inner[:])
	n := sha256.BlockSize
	if len(raw) <= room {
		n += copy(buf[n:], raw)
	} else {
		long := sha256.Sum256([]byte(raw))
		n += copy(buf[n:], long[:])
	}
	in := sha256.Sum256(buf[:n])
	var out [sha256.BlockSize + sha256.Size]byte
	copy(out[:], d.outer[:])
	copy(out[sha256.BlockSize:], in[:])
	sum := Digest(sha256.Sum256(out[:]))
	if ms, ok := madeAt(raw); ok {
		binary.BigEndian.PutUint64(sum[:], ms<<16|uint64(sum[6])<<8|uint64(sum[7]))
	}
	return sum
}

// Key derives a 32-byte key for one purpose from the current master key.
func (k *Keyring) Key(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, k.keys[0].master, nil, "guestright "+purpose, 32)
}

// Seal encrypts a secret for one place (AES-256-GCM); place is bound as
// additional data, so that a sealed value copied to another row does not open.
func (k *Keyring) Seal(t Text, place string) string {
	d := &k.keys[0]
	nonce := make([]byte, d.aead.NonceSize())
	_, _ = rand.Read(nonce)
	ct := d.aead.Seal(nonce, nonce, []byte(t.value), []byte(place))
	return "s1:" + d.id + ":" + base64.RawStdEncoding.EncodeToString(ct)
}

// Open decrypts what Seal made for the same place. The error is Unavailable:
// the key is lost or wrong, or the row was tampered with; nothing was decided.
func (k *Keyring) Open(sealed, place string) (Text, error) {
	fail := func(why string) (Text, error) {
		return Text{}, problem.Unavailable("secret_unreadable", "A stored secret could not be opened.", errors.New("secret: "+why))
	}
	rest, ok := strings.CutPrefix(sealed, "s1:")
	if !ok {
		return fail("unknown seal")
	}
	id, body, ok := strings.Cut(rest, ":")
	if !ok {
		return fail("malformed seal")
	}
	ct, err := base64.RawStdEncoding.DecodeString(body)
	if err != nil {
		return fail("malformed seal")
	}
	for i := range k.keys {
		d := &k.keys[i]
		if d.id != id {
			continue
		}
		if len(ct) < d.aead.NonceSize() {
			return fail("short seal")
		}
		pt, err := d.aead.Open(nil, ct[:d.aead.NonceSize()], ct[d.aead.NonceSize():], []byte(place))
		if err != nil {
			return fail("seal does not open")
		}
		return Text{string(pt)}, nil
	}
	return fail("sealed under a master key that is not here")
}
