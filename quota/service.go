package quota

// Service is a stub until the store half lands.
type Service struct{}
