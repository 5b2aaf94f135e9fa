package console

import (
	"context"
	"io"

	"ringdown/api"
)

// A Record is what people see of a line's record and do in it. Its methods return *api.Error or
// nil, may wait for the disk, and are called from the goroutines of requests, several at once. What
// they are given is within the bounds that package api names, and keys have the form of keys; whether
// there is such a thing is theirs to say.
type Record interface {
	Page(ctx context.Context, q api.RecordQuery) (api.RecordPage, error)
	Item(ctx context.Context, key string) (api.Item, error)

	Send(ctx context.Context, m api.NewMessage) (api.Written, error)
	Keep(ctx context.Context, name string, data []byte) (api.Kept, error) // a file for a message to come
	File(ctx context.Context, key string) (api.File, []byte, error)       // an attachment and its bytes

	// Read marks messages read by a person: a receipt to the other side. Who is logged in is named
	// by their own name, whatever the marks say.
	Read(ctx context.Context, who api.Person, m api.Marks) error
	Shown(ctx context.Context, keys []string) error    // on a ready console: likewise
	Withdraw(ctx context.Context, keys []string) error // what waits and has no number yet

	Matters(ctx context.Context) ([]api.Matter, error)
	Matter(ctx context.Context, act api.MatterAct) (api.Written, error)

	// Export writes all that q asks for, as "json" or "html". What it has written when it
	// returns an error is not whole, and is thrown away.
	Export(ctx context.Context, w io.Writer, form string, q api.RecordQuery) error

	// Report computes how the line has served; while the record is still read it is an error "building".
	Report(ctx context.Context, q api.ReportQuery) (*api.Report, error)

	Disclosures(ctx context.Context) ([]api.Disclosure, error)
	Disclose(ctx context.Context, d api.NewDisclosure) (api.Disclosure, error)
	AnswerDisclosure(ctx context.Context, a api.DisclosureAnswer) (api.Written, error)
	DisclosureFile(ctx context.Context, id string) ([]byte, error) // of one that is made
}
