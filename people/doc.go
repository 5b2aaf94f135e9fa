// Package people keeps who may use a station: persons, their roles, their passkeys, and the links
// by which they enrol. It knows WebAuthn and a file, and nothing of HTTP.
package people

import _ "github.com/go-webauthn/webauthn/webauthn" // the ceremonies
