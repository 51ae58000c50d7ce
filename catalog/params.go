package catalog

// MaxParams is the largest number of parameters in one path.
const MaxParams = 16

// Params receives the parameters of a matched path. Callers keep one per request and hand it in, so that matching
// allocates nothing. It refers to the path that was matched.
type Params struct {
	n   int
	raw [MaxParams]string
}

// Len is the number of parameters.
func (p *Params) Len() int { return p.n }

// Raw gives a parameter as it stands in the path, percent escapes included.
func (p *Params) Raw(i int) string { return p.raw[i] }

// Value gives a parameter decoded. It allocates only when the parameter contains an escape.
func (p *Params) Value(i int) string {
	raw := p.raw[i]
	for j := range len(raw) {
		if raw[j] == '%' {
			return string(p.Append(nil, i))
		}
	}
	return raw
}

// Append adds the decoded parameter to dst.
func (p *Params) Append(dst []byte, i int) []byte {
	raw := p.raw[i]
	for len(raw) > 0 {
		c, size := unit(raw)
		dst = append(dst, c)
		raw = raw[size:]
	}
	return dst
}

// unit decodes the first byte of s, which is not empty, and says how long it is written. A percent sign without two
// hexadecimal digits stands for itself.
func unit(s string) (byte, int) {
	if s[0] == '%' && len(s) >= 3 {
		hi, lo := unhex(s[1]), unhex(s[2])
		if hi >= 0 && lo >= 0 {
			return byte(hi<<4 | lo), 3
		}
	}
	return s[0], 1
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// decode undoes percent escapes.
func decode(s string) string {
	var b []byte
	for len(s) > 0 {
		c, size := unit(s)
		b = append(b, c)
		s = s[size:]
	}
	return string(b)
}
