package request

import (
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/manifest/value"
)

// Answered is how a batch of members came out.
type Answered struct {
	Body    value.Value // the batch, of which lists of members hold the first; nil when it cannot be read
	Status  int
	Fault   string      // "" when it was applied
	Steps   [][2]string // word and name of each step of the place that is filled
	Key, ID string      // of the collection: the product's and the partner's
	Name    string      // of the collection
	URL     string      // of the collection, at the partner's
}

// Answer makes the body that answers a batch; false when the package has none.
func (s *Set) Answer(g Given, a Answered) ([]byte, bool, error) {
	site := s.sites["/membershipSync/response"]
	if site == nil {
		return nil, false, nil
	}
	status := json.Number(strconv.Itoa(a.Status))
	var root *value.Object
	if s.native() {
		scope := &value.Object{}
		for _, step := range a.Steps {
			scope.Set(step[0], value.Of("key", step[1]))
		}
		root = value.Of("config", s.base(g), "connection", g.connection(), "request", a.Body, "status", status, "error", a.Fault, "scope", scope,
			"collection", value.Of("key", a.Key, "id", a.ID, "name", a.Name, "url", a.URL))
	} else {
		root = value.Of("requestBody", a.Body, "statusCode", status, "errorMessage", a.Fault, "projectKey", "", "environmentKey", "")
		for _, step := range a.Steps {
			root.Set(step[0]+"Key", step[1])
		}
		root.Set("segmentKey", a.Key)
		root.Set("segmentUrl", a.URL)
	}
	out, err := site.text(root, g.options())
	return out, err == nil, err
}
