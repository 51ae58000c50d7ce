// Package useraction lets a button of the product send one of the requests that an
// integration's package has prepared. Nothing is tried again: a person presses the
// button and sees how it came out. What the partner answers is not shown, since a
// package decides where the call goes; a link in the answer is.
//
//	recorded → sent → done, or not
//
// Tables: useraction_call.
package useraction
