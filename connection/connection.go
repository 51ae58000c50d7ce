package connection

import "time"

// State of a connection.
type State string

// The states. None: nobody has connected it.
const (
	None      State = "none"
	Connected State = "connected"
	Reconnect State = "reconnect"
)

// Connection is what an administrator's consent has brought to a configuration.
type Connection struct {
	Configuration string    `json:"configuration"`
	State         State     `json:"state" enum:"none,connected,reconnect" doc:"reconnect: the partner does not take what we have any more; connect it again"`
	BaseURI       string    `json:"base_uri,omitempty" doc:"Of the partner's API"`
	Asks          bool      `json:"asks,omitempty" doc:"The administrator enters the base URI"`
	Ready         bool      `json:"ready" doc:"false: the integration's developer has not said yet where the partner's server is"`
	Scopes        string    `json:"scopes,omitempty" doc:"That the partner has given, as it writes them"`
	ConnectedBy   string    `json:"connected_by,omitempty"`
	Connected     time.Time `json:"connected,omitzero"`
	Refreshed     time.Time `json:"refreshed,omitzero"`
	Expires       time.Time `json:"expires,omitzero" doc:"Of the present access token; it is replaced before"`
	Fault         string    `json:"fault,omitempty" doc:"Why it has to be connected again"`

	application string
	account     string
	access      string // sealed
	refresh     string // sealed; "" for none
	lifetime    time.Duration
	revision    int64
}

// bound names the row and the field that a token is sealed for.
func (c Connection) bound(field string) string {
	return "connection_connection|" + c.Configuration + "|" + field
}

const (
	// wayWithin is how long an administrator may be on the way to the partner and back.
	wayWithin = 10 * time.Minute
	// A token is replaced when a tenth of its life, but at most ahead, is left.
	ahead = 5 * time.Minute
)

// renewal is when the token has to be replaced; zero: never.
func (c Connection) renewal() time.Time {
	if c.Expires.IsZero() {
		return time.Time{}
	}
	if c.refresh == "" {
		return c.Expires // there is nothing to replace it with: that is when it has ended
	}
	return c.Expires.Add(-min(ahead, c.lifetime/10))
}
