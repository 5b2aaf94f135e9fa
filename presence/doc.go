// Package presence proves to the other side that a principal's registered hardware key was touched for one call: what
// the key signs, who checks it, and why it is refused.
//
// # What is proven, and what is not
//
// A claim that is verified proves that the key which the accord names for NAME was touched for this very call, and
// had checked by PIN or finger who touched it. The console therefore says "NAME's key, vouched for by North", and no
// more. It does not prove that NAME is the one who speaks: a key and its PIN can be given away, and
// North's station could ask its principal to touch the key under a pretext. What North's station cannot do is make a proof
// without the key, use one twice, or pass on one that was made for somebody else.
//
// # How a claim comes about
//
//	claimant's station                                   verifier's station
//	  5  call id, credential         ──────────────▶
//	                                 ◀──────────────       6  call id, nonce
//	  the principal touches the key
//	  presence/claimed               ═══ record ════▶
//	                                                       checks it against the accord
//	                                 ◀═══ record ════      presence/verified or /refused, with the reason
//
// 5 and 6 are messages of the line's stream of entries, each a kind byte and what follows:
//
//	5  ask     16 call id; 32 SHA-256 of the credential's id
//	6  nonce   16 call id; 32 SHA-256 of the credential's id; 32 nonce
//
// The nonce is random, good for one claim that arrives within 60 seconds, and bound to call, direction
// and credential. At most 4 of a line are out; for a fifth the oldest is put aside. The verifier answers 5 only for the
// call that is live, and for any credential: one that the accord does not name is refused by an entry, where
// both sides see it. Whatever is wrong with a claim, it uses its nonce up. The entries are package record's ([record.Presence]).
//
// Each claim that comes is answered by an entry, with its reason if it is refused; see [Reason]. A station that was
// started again has forgotten its nonces, and refuses what it finds unanswered.
//
// # The challenge
//
// Numbers are unsigned, the highest byte first. The challenge is the SHA-256 of
//
//	20  "ringdown presence 1\n"
//	32  digest of the accord
//	16  call id
//	 8  incarnation of the claimant's station
//	 8  incarnation of the verifier's station
//	 1  role, as package record numbers it: 2, principal
//	32  SHA-256 of the credential's id
//	32  nonce
//
// An incarnation is the number of a run of a station on this line, proven by the line's handshake, and never the same twice. So no
// assertion fits another accord, call, direction, run, key or question.
//
// # What the verifier checks
//
// W3C WebAuthn Level 3, section 7.2 (verifying an authentication assertion), with these choices:
//
//   - clientDataJSON is JSON in UTF-8; its type is "webauthn.get"; its challenge is the one above,
//     base64url without padding;
//   - its origin is one of those that the accord names, byte for byte; crossOrigin is false, and there is
//     no topOrigin: the page did not stand within another;
//   - rpIdHash is the SHA-256 of the RP ID that the accord names;
//   - user present and user verified, both;
//   - backup eligible is refused, and backup state with it: a key that can be copied is not
//     the thing in somebody's hand;
//   - the signature over authenticator data and SHA-256 of clientDataJSON is by the key in the accord;
//   - the signature counter is not looked at: many keys keep it at zero, and the nonce is what
//     stops a replay. A key that was cloned in a laboratory is not noticed.
//
// Beyond the section: clientDataJSON must begin with exactly the bytes that section 5.8.1.2 (limited verification)
// expects, so no two parsers can read it differently; authenticator data carries no credential;
// extensions, which nobody asked for, are read and count for nothing. Keys are
// ES256 on P-256 and EdDSA on Ed25519, in the canonical COSE form that authenticators write (RFC 9053, sections 2.1, 2.2,
// 7.1, 7.2; CTAP 2.1, section 8), 77 and 42 bytes, and no others. Signatures are DER for ES256, 64 bytes for EdDSA (section 6.5.5).
//
// # Registering a key
//
// The principal's own station makes the key known (navigator.credentials.create), checks it by section 7.1, and
// proposes it as an amendment of the accord; it counts when a person of the other side has approved it. Asked for are
// user verification "required", the two algorithms, and no attestation in particular: "none" and "packed" are taken,
// and packed must be right, but who made the key is asked of nobody. The same refusals of copies, of
// other origins and of nested pages hold as above. That a key is not backup-eligible is its own word, and
// given anew with each touch.
//
// # Words, for those without a key
//
// Four words of the list of BIP-39, the same on both consoles, for people who know each other's voice:
//
//	44 bits, the highest first, 11 a word, of HKDF-SHA256 (RFC 5869)
//	    secret  the pair secret of the accord
//	    salt    none
//	    info    "ringdown presence words 1\n"; 32 digest of the accord; 16 call id;
//	            8 incarnation of the accord's first party; 8 of its second
//	    length  6; the last 4 bits are left out
//
// They show that the voice at the telephone and the console before it belong to the same call of the same line, to
// whoever can tell that voice from an imitation. One side reads the first two, the other the last two: who only
// listens learns the rest too late.
//
// testdata/vectors has challenges, words and assertions, one of them by a real browser, for another implementation.
package presence
