// Package configuration owns how an integration with a package is set up in an
// account: what the form asks for, secrets sealed, and which of the package's
// capabilities are switched on.
//
//	complete, enabled, installation active → its capabilities work
//	anything else                          → they rest, and what was filled in stays
//
// A new version of the package, or a change of the installation, is followed in
// the same transaction. What a version newly asks for is shown as needs.
//
// Tables: configuration_configuration.
package configuration
