package identity

import "github.com/guestright/guestright/kit/store"

func (s *Service) secondFactor(tx *store.Tx, u User, code string) (string, error) { return "", nil }
