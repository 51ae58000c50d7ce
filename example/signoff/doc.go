// Package signoff is an example of an integration that decides: a change waits on
// its page until somebody has said yes or no. What Guestright needs to know of it is
// in the folder package.
//
//	asked → approved → applied
//	asked → declined;  asked, approved → withdrawn
package signoff
