package identity

// Provider is the operator's own OpenID Connect provider.
type Provider struct{}
