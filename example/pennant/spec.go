package pennant

import _ "embed" // for the two files below

//go:embed openapi.yaml
var openAPI string

//go:embed catalog.yaml
var catalogFile string

// OpenAPI is the description of Pennant's API, OpenAPI 3.1 in YAML.
func OpenAPI() []byte { return []byte(openAPI) }

// Catalog is the file with which an operator puts Pennant behind Guestright. It refers to openapi.yaml beside it.
func Catalog() []byte { return []byte(catalogFile) }
