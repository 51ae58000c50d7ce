// Package password says which passwords are acceptable and hashes them. It has
// no state but a bound on how much memory hashing may take at once.
//
// The rules follow OWASP ASVS 5.0 6.2: 8 to 128 characters of any kind, no
// composition rules, common passwords refused. Hashes are argon2id (RFC 9106) in
// PHC string form (https://github.com/P-H-C/phc-string-format).
package password
