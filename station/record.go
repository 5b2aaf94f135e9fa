package station

import (
	"context"

	"ringdown/api"
	"ringdown/console"
)

// Record finds the record of a line.
func (s *Station) Record(slug string) (console.Record, error) {
	return nil, &api.Error{Code: "no-record", Text: "Line " + slug + " has no record yet.", Action: "Confirm its words first."}
}

// Backup writes the station's folder to a new file, while it runs.
func (s *Station) Backup(ctx context.Context, file string) error {
	return &api.Error{Code: "no-record", Text: "This station keeps no record yet.", Action: "Copy its folder while it is stopped."}
}
