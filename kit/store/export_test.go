package store

// What tests of the package look at.
var (
	LookOf = (*Owned).look
	LastOf = (*Owned).lastOf
)
