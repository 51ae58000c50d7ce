// Package listed draws what the directory shows: entries, their documentation and
// customer sheets. The public pages and the developers' own use it alike.
package listed
