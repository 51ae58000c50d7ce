package application

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// pin is the API version that a new application is pinned to.
func (s *Service) pin() string {
	if s.Catalog == nil || s.Catalog.Get() == nil {
		return ""
	}
	return s.Catalog.Get().Pin()
}

// repin lets another version count for the application's calls that name none.
func (s *Service) repin(a *Application, version string, now time.Time) error {
	if s.Catalog != nil && s.Catalog.Get() != nil {
		if v, ok := s.Catalog.Get().Versions().Find(version); ok && !v.Deprecated.Gone(now) {
			a.APIVersion = version
			return nil
		}
	}
	return problem.Invalid("application_invalid", "Some of the fields need another look.",
		problem.Field{Pointer: "/api_version", Code: "unknown_version", Detail: "Name one of the versions that the product offers."})
}
