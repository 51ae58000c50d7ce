package console

import "github.com/guestright/guestright/kit/problem"

const devicePath = "/device"

func (c *Console) deviceRoutes() []route {
	if c.Authority == nil {
		return nil
	}
	return []route{{"GET " + devicePath, c.page(devicePage)}, {"POST " + devicePath, c.page(enterDevice)}}
}

// deviceView is the form for the code that a device shows.
type deviceView struct {
	Code, Token, Product string
	Linked               bool // the code came with the address: compare it
	Faults               faults
}

// devicePage asks for the code. One that comes with the address is shown, to be
// compared with the device, and not used until the person says so: else whoever
// sends a link could have somebody approve a device of theirs (RFC 8628 section
// 5.4).
func devicePage(v *visit) error {
	code := v.query("user_code")
	if len(code) > 20 {
		code = ""
	}
	return showDevice(v, deviceView{Code: code, Linked: code != ""})
}

func showDevice(v *visit, d deviceView) error {
	d.Token, d.Product = v.token(devicePath), v.product()
	return v.show(sheet{title: "Connect a device", bare: true, quiet: true, status: d.Faults.status(), body: deviceForm(d)})
}

func enterDevice(v *visit) error {
	typed := v.field("user_code")
	id, err := v.Authority.Enter(v.ctx(), v.by, typed)
	if err == nil {
		return v.leave(consentURL(id), "")
	}
	p := problem.Of(err)
	d := deviceView{Code: typed}
	switch {
	case p.Code == "user_code_wrong":
		d.Faults = faults{text: p.Detail, fields: fieldFault("/user_code", "Type the eight letters that your device shows.")}
	case p.Kind == problem.KindLimited:
		d.Faults = faults{text: p.Detail}
	default:
		return err
	}
	return showDevice(v, d)
}
