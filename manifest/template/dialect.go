package template

// Dialect says what a template makes, and so how values are escaped. All but
// Native read templates that were written for LaunchDarkly's framework: {{x}}
// escapes for HTML, {{{x}}} does not.
type Dialect uint8

const (
	// Native is a JSON body of our own. Inside quotation marks a value is escaped
	// text; outside of them it is a JSON value of its own, null when it is absent: so
	// data cannot change what the body is made of.
	Native Dialect = iota
	// JSON is a JSON body: a value is text that is escaped for a JSON string, after it
	// was escaped for HTML. An object outside of quotation marks is JSON.
	JSON
	// Plain is any other body.
	Plain
	// URL is an address: = and ` are not escaped, nor is what helpers make.
	URL
	// Header is the value of a header: as URL, and CR, LF and NUL are refused.
	Header
	// Text is for people, in a page that escapes it: nothing is escaped.
	Text
	// Line is a native address or header: nothing is escaped, and CR, LF and NUL are
	// refused.
	Line
	dialects
)

// escaping of a text.
type escaping uint8

const (
	none       escaping = iota
	html                // as Handlebars.js does
	endpoint            // html without = and `
	quoted              // what stands between the quotation marks of a JSON string
	htmlQuoted          // html, then quoted
)

// escapes says how a dialect escapes {{x}} and {{{x}}}.
var escapes = [dialects][2]escaping{
	Native: {quoted, quoted}, JSON: {htmlQuoted, quoted}, Plain: {html, none}, URL: {endpoint, none}, Header: {endpoint, none},
}

// oneLine reports whether the output must not have CR, LF and NUL.
func (d Dialect) oneLine() bool { return d == Header || d == Line }

// own reports whether templates of this dialect are written for us.
func (d Dialect) own() bool { return d == Native || d == Line }
