package console

// home leads to the page where the person has most to do.
func home(v *visit) error {
	m, err := v.memberships()
	if err != nil {
		return err
	}
	switch m.usual(v.by.Operator) {
	case areaOperator:
		return v.leave("/operator", "")
	case areaAccount:
		if len(m.accounts) == 1 {
			return v.leave("/accounts/"+m.accounts[0].ID.String(), "")
		}
		return v.leave("/accounts", "")
	}
	return developerHome(v, m)
}
