// Package domain owns the proof that a developer group owns a domain: a TXT
// record or a file with a text that only this group was given.
//
//	unproven ──proof found──▶ proven ──no proof for 7 days──▶ lapsed ──proof found──▶ proven
//
// The text is random and not secret: it stands in public. Proven domains are
// looked at again every 7 days. Two groups may prove the same name, because a
// domain can be sold: both are told, and the older proof lapses at the first
// check that does not find it.
//
// Table: domain_domain.
package domain
