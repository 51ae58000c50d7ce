package capability

import "time"

// Report is how an instance has fared.
type Report struct {
	Successes   int64     `json:"successes"`
	Failures    int64     `json:"failures"`
	Waiting     int       `json:"waiting,omitempty" doc:"That are tried again, or have not been sent yet"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastFailure time.Time `json:"last_failure,omitzero"`
	Errors      []Fault   `json:"errors,omitempty" doc:"The latest, newest first"`
	Webhook     string    `json:"webhook,omitempty" doc:"Id of the endpoint whose deliveries these are"`
	Version     string    `json:"version,omitempty" doc:"Of the data that arrived last"`
	State       string    `json:"state,omitempty" enum:",ok,failing,disabled" doc:"failing: nothing gets through now, and waits; disabled: it has failed for days and was switched off"`
}

// Fault is one call that failed.
type Fault struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	Text   string    `json:"text,omitempty" doc:"Why there was no answer; or the answer, where the package lets it be read"`
}
