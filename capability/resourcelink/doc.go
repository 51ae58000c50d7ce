// Package resourcelink keeps links that integrations and people attach to resources
// of the product, and draws them as the integration's package says. Nobody is called.
// The links of an integration that does not work now stay and are not drawn; they go
// with the configuration that they were written through.
//
// Tables: resourcelink_link.
package resourcelink
