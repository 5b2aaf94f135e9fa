// Package presence proves that the principal's hardware key was touched for one call: what the key
// signs, how the other side checks it against the accord, and why it refuses.
package presence

import _ "github.com/go-webauthn/webauthn/protocol" // the assertions
