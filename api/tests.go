package api

import "time"

// # Tests, suspension, webhooks
//
//	GET  /api/webhooks              how each webhook stands: []Webhook
//	POST /api/webhooks/{name}/test  try one now: → [WebhookResult]

// A Webhook is one address that is told what happens. Of its address only scheme and host are shown,
// because the rest may be a secret.
type Webhook struct {
	Name    string     `json:"name"`
	To      string     `json:"to"`      // "http://192.0.2.7"
	Events  []string   `json:"events"`  // what it is told of; empty: everything
	Waiting int        `json:"waiting"` // events that are yet to arrive
	Arrived int64      `json:"arrived"` // in this run
	Lost    int64      `json:"lost"`    // in this run: dropped, refused, or too old
	Last    *time.Time `json:"last,omitempty"`
	Failing *time.Time `json:"failing,omitempty"` // since when no try succeeds
	Why     string     `json:"why,omitempty"`     // while it fails
}

// A WebhookResult is how a try went.
type WebhookResult struct {
	Name    string `json:"name"`
	Arrived bool   `json:"arrived"`
	TookMS  int64  `json:"took_ms"`
	Why     string `json:"why,omitempty"` // it did not arrive
}
