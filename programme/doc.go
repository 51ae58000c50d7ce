// Package programme is how a developer group gets from its sandbox to customers:
// production settings, that is higher limits, asked for with reasons and decided
// by somebody who is not of the group.
//
//	pending ─┬→ granted ─→ ended (by its date, or replaced)
//	  ↑      ├→ refused
//	  ↓      └→ withdrawn
//	asked ───┘
//
// What is granted lives in quota, with its begin and end; the table of this slice
// keeps what was asked, said and decided.
package programme
