// Package socket asks about a network connection what package net does not tell.
package socket
