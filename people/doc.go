// Package people keeps who may use a station: persons, their roles, their passkeys, and the links
// by which they enrol. It knows WebAuthn and one file, and nothing of HTTP. It reads no clock.
//
// # The file
//
// people.json is one JSON object; an unknown key, a value out of bounds, a name, id or key that
// stands twice is refused when it is read, and then the station does not start: to take a damaged
// file for an empty one would let everybody in. It holds at most 500 persons with at most 8
// passkeys each. Every change writes the whole file, durably, before it counts; when writing fails
// nothing has changed.
//
//	{"people": [{
//	   "id":    32 hexadecimal digits, drawn at random, and the passkeys' user handle
//	   "name":  as the record will call them; at most 40 characters and 128 bytes, no two alike
//	   "roles": one or more of officer, principal, observer, administrator
//	   "added": when
//	   "keys":  [{"id", "public": as the authenticator gave them; "host": under which name of the
//	             station it was made; "count": uses, as it says; "syncs": it may be copied to other
//	             devices of its owner; "added", "used"; "copied": when its count went back}]
//	   "link":  {"digest": SHA-256 of the token, "expires", "replaces": end all older keys}
//	}]}
//
// # The rules
//
//   - Once anybody has a passkey, an administrator has. So the first to enrol must be an
//     administrator, and the last one who has a key can neither be removed nor lose the role.
//   - An enrolment link carries 256 random bits, lives for 24 hours and works once; a newer link of
//     the same person ends the older.
//   - A passkey is discoverable, verifies its user (PIN, finger, face) in every ceremony, and counts
//     for the host name under which it was made: WebAuthn knows names, and no addresses.
//   - A challenge is drawn for each ceremony; who calls this package sees to it that it is used once
//     and soon. Origin, host and user handle are compared. Attestation is not asked for: whoever
//     has the link may choose the authenticator.
//   - A counter that does not rise (unless it is always 0) means that two devices hold the key. The
//     key is refused from then on, until its owner enrols anew.
//
// # Not protected
//
// Whoever can write the file can let anybody in; whoever can reach the local socket too.
package people
