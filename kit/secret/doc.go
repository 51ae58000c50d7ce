// Package secret holds everything that must not leak: a text type that cannot
// be printed by accident, generated credentials with a checksum, keyed digests
// for what is only compared and sealing for what must be sent again.
//
// A credential is prefix + 40 random base62 characters (238 bits) + 6 base62
// characters of CRC-32 over prefix and random part. The checksum lets garbage
// be refused before any lookup; the prefix lets scanners find leaks. In access
// and refresh tokens the first 7 of the 40 are the time in milliseconds since
// 1970, which leaves 196 bits.
package secret
