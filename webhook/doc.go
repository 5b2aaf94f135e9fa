// Package webhook tells lamps, horns and pagers what happens at a station, over HTTP, and never makes
// anybody wait.
//
// # What is sent
//
// One POST for each [Event], with a JSON object as body and these headers:
//
//	Content-Type: application/json
//	Ringdown-Event: ring
//	Ringdown-Signature: sha256=HEX
//
// HEX is the HMAC-SHA256 of the body's exact bytes under the hook's secret, in lower-case hexadecimal. Who
// receives it computes the same over what came, compares in constant time, and looks at "at" and "id":
// the signature says who wrote it, not when it came, and the same event may come twice (an answer that
// was lost is tried again, with the same id).
//
// # When it has arrived
//
// Any answer from 200 to 299 is an arrival. 307 and 308 are followed three times, to the same scheme,
// host and port alone: a secret address must not be passed on to strangers. Any other 3xx, and 4xx
// except 408, 425 and 429, is a refusal, and that event is not tried again. Everything else (no
// answer within [Limit], 5xx, a broken connection) is tried again after 1, 2, 4 … 30 seconds;
// a fresh event is reason to try at once, though not within a second of the last try.
//
// # What a bad server can do
//
// It can miss events. Each hook has one goroutine and a queue of [MostWaiting] events of its own:
// when that is full, the oldest is dropped; what is older than its worth is dropped too; and "lost" in the next
// event says how many. [Sender.Tell] takes a lock that is held for no longer than it takes to
// append to a list, and waits for nothing else. Of an answer's header 16 kB are read, of its body 4 kB, and thrown away.
// No connection is used twice, no proxy is asked, no cookie is kept.
//
// # What it does not protect
//
// Over plain HTTP the event can be read and held back on its way; the signature only keeps it from being
// forged. An event has names and times, and never what was said or written.
package webhook
