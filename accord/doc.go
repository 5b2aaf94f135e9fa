// Package accord is the agreement between two stations, and a station's keys.
// It needs no network: someone who trusts neither station can check an accord with it.
//
// # How an accord comes about
//
//	first party                                  second party
//	  invite: name, keys, addresses, terms,
//	  one-time public key; signed
//	                     ── invite file ──▶
//	                                               accept: name, keys, addresses, the pair
//	                                               secret sealed to the one-time key; signed
//	                     ◀── accept file ──
//	  conclude: opens the secret, destroys
//	  the one-time key, makes the final signature
//	            twelve words, read to each other by another channel,
//	                     confirmed at both stations
//	                     ══ line ══▶
//	  final signature, in the first handshake
//
// The files may travel by any means. No file holds a secret, no byte of either
// can be changed unnoticed, and an invite makes one accord at most. What the
// files alone cannot show is that they come from the right people: whoever can
// replace both files can stand between the two stations. The words show it.
//
// Until the final signature has come over the line, the second party cannot
// prove that the first agreed: the line is half-signed and carries no call.
//
// # Text
//
// Everything is text in UTF-8, in lines that end with LF, and has exactly one
// encoding. A reader takes a file apart, writes it again from what it understood,
// and compares all bytes, before any signature is looked at. There is nothing
// optional, and nothing after the end. A file has
//
//   - an introduction for people: what it is, from whom, for whom, and what to do
//     with it. It is derived from the fields, so it is checked like the rest;
//   - an empty line;
//   - a heading, "ringdown KIND VERSION", with version 1;
//   - fields in a fixed order, "keyword value …", each on its line. Bytes follow
//     their field as base64 (RFC 4648, section 4, no padding), indented by two
//     spaces, 64 characters to a line; short ones are in hexadecimal;
//   - in files that never leave the station's folder, "sum" and the first 8 bytes of
//     the SHA-256 of all before it, so that a disk's mistake is noticed. The
//     other files are signed.
//
// Times are UTC to the second (2027-01-31T08:00:00Z), dates are days
// (2027-01-31). No file is larger than [MaxFile].
//
// An invite:
//
//	id          32 hexadecimal digits, random
//	made        when                                    ┐
//	until       it can be accepted and concluded        │
//	for         name of the station it is for, or -     │
//	profile     standard | wide | thin                  │ section terms
//	hold-back   hitless | first-copy                    │ (with the id)
//	disclosure  free | told | consent                   │
//	expires     date; both warn from then on            │
//	watch       nothing | staffed | count | names       │
//	tests       0 to 4 times HH:MM in UTC, rising; or - │
//	suspended-text  passes | stops                      │
//	path        NUMBER NAME; 1 to 8 of them             ┘
//	name        of the first party                      ┐ section first
//	key         ROLE SERIAL SUCCESSOR ALGORITHM + bytes ┘ (five keys)
//	salt        16 random bytes                         ┐ section first-ends
//	end         NUMBER fixed|roams ADDRESS|-            ┘ (one for each path)
//	once        mlkem768-x25519 + 1,216 bytes             section once
//	signature   ROLE + bytes; one by each of the five keys
//
// An accept:
//
//	invite, digest   of the invite that is answered     ┐
//	to               name of the first party            │ section answer
//	made             when                               ┘
//	name, key …      of the second party                  section second
//	salt, end …                                           section second-ends
//	sealed           suite + 1,168 bytes                  section sealed
//	signature …      by each of the second party's keys
//
// Their introductions, with the names in place of FIRST and SECOND (WHOM is a
// name in quotation marks, or "whoever it was given to"; UNTIL is like
// 13 July 2026 12:00:00 UTC):
//
//	Ringdown invite from "FIRST", for WHOM: to accept it, run "ringdown accept FILE".
//	Do that at your own station, and send back to "FIRST" the file that it makes.
//	It can be used once, until UNTIL. It holds no secret, but
//	whoever accepts it first gets the line: compare the twelve words by voice.
//
//	Ringdown accept from "SECOND", for "FIRST": to use it, run "ringdown conclude FILE".
//	Only the station "FIRST" can, because it made the invite, and only once.
//	The pair's secret inside is readable to nobody else. Compare the twelve words
//	by voice afterwards, and confirm them at both stations with "ringdown confirm".
//
// # Digests and signatures
//
// The digest of a section is the SHA-256 of the line "ringdown section 1 NAME"
// and the section's text. A statement is a heading and one line "NAME DIGEST" for
// each section, in the order above: what is signed is always a statement, and the
// heading says what for, so that no signature can stand for another.
//
//	ringdown invite statement 1   4 sections   signed by each key of the first party
//	ringdown accept statement 1   8 sections   signed by each key of the second party
//	ringdown final statement 1    8 sections   signed by the first party's identity key
//	ringdown accord statement 1   8 sections   its SHA-256 is the accord's digest
//
// All five keys sign, not only the identity: nobody can name as its own a key
// that it does not hold. Digests of sections, and the salt over the addresses, are there so that a
// disclosure can show who agreed with which keys and keep the addresses to itself.
//
// Ed25519 is RFC 8032; keys of small order, under which anybody can sign, are refused. ML-DSA-44
// is FIPS 204 with an empty context. A key says what may replace it: "accord",
// only a new accord; or "identity", an amendment signed by its party's identity
// key and by the other's, with a serial one higher (that sort of amendment is not
// made yet).
//
// # The pair secret
//
// The second party draws 32 random bytes and seals them with HPKE (RFC 9180, base mode;
// MLKEM768-X25519 of draft-ietf-hpke-pq, HKDF-SHA256, AES-256-GCM) to the
// one-time key. The info is the line "ringdown pair secret 1" and the invite's digest on a
// line of its own; the additional data is the text of the sections answer,
// second and second-ends. The sealed bytes are a section themselves, so the words cover them too.
//
// The first party destroys the one-time private key as soon as the line is on its
// disk. From then on copies of the two files do not give the secret away, not even
// with all other keys of both stations.
//
// # Words
//
// The first 128 bits of the accord's digest, then 4 bits of check (the highest of
// SHA-256 over the line "ringdown words check 1" and the 16 bytes), are cut into
// twelve numbers of 11 bits, highest first: positions in the English list of
// BIP-39, counted from 0.
//
// Someone in the middle makes two accords, one with each side, and needs the same
// words for both. He can try many accepts against an invite, but none against the
// accept of an honest station, whose salt and sealed secret are random: so he
// must hit words that are fixed already, in 2^128 tries. If he could be the
// second party on both sides, 2^64 would do. Then both stations would show
// themselves as the first party: whoever reads the words aloud also says which
// party their station is, and there must be one of each.
//
// # Amendments
//
// The accord changes by amendments, of three sorts:
//
//	ends       addresses of one party: the other's station signs by itself
//	principal  one key of a principal of one party     ┐ a person of the other party
//	rules      the last three lines of the terms       ┘ approves it first
//
// An amendment says the accord's digest, a serial (1, 2, …), the digest of the amendment before (of the
// accord, for the first), the party that proposes, the time, and the change. The proposer signs the
// statement "ringdown proposal statement 1" and the fields; the other counter-signs the
// statement "ringdown amendment statement 1" and the same fields. The SHA-256 of the
// latter is the amendment's digest. Nobody can change the other's ends or keys.
//
//	accord, previous    64 hexadecimal digits each
//	serial              NUMBER      (these stand in the order accord, serial, previous)
//	party               first | second
//	made                when
//	sort                ends | principal | rules, and what belongs to it:
//	  salt, end …       as in the accord: all ends of that party
//	  watch, tests, suspended-text   as in the terms
//	  principal         register | replace | remove, SERIAL  ┐ to remove a key
//	  name              of the person                        ┘ these two are enough
//	  rp-id             the domain that the key is for
//	  origin            of a page that may ask it; 1 to 4 of them
//	  credential        SIZE + bytes (16 to 1,023)
//	  public-key        SIZE + bytes (1 to 512), in COSE form
//	signature           64 bytes, of the proposer
//	counter-signature   64 bytes, of the other; only in an amendment
//
// Their introductions are one line each, "Ringdown proposal: WHAT, signed by it alone." and "Ringdown amendment:
// WHAT, signed by both.", with WHAT "new addresses of the PARTY party", "a principal's key of the PARTY
// party" or "new rules, by the PARTY party".
//
// A party has up to [MaxPrincipals] keys of principals, in the order in which they were registered; no two of a party have names
// that could be taken for each other, no two of the accord the same credential. The first key of a name has serial 1, the one that
// replaces it the next. An origin is https://HOST or https://HOST:PORT, without the usual port, HOST being the domain or one under it; for
// the domain localhost also with http. A change must change something: the same addresses or rules again are refused.
//
// When both propose at once, the first party's goes first:
//
//   - The first party counter-signs nothing while a proposal of its own is
//     pending, and cannot withdraw that. (It can propose another change beside it: then it has
//     signed two of one serial, but the other counter-signs only one of them.)
//   - The second party counter-signs the first's proposal even while its own is
//     pending, and makes its own anew, to follow.
//
// So one serial is never given twice by honest stations; where a station holds one that contradicts
// what it signed before, that is [ErrFork] and proves the other dishonest. Therefore a station has one proposal pending at a time,
// and only for moments: addresses first, then what people have approved.
//
// # Motions
//
// People take days. If a proposal waited for them it would hold its serial, and no address could change meanwhile. So what
// people must approve is asked by a motion, which stands beside the chain:
//
//	proposer                                    other party
//	  motion, signed      ── motion ──▶           kept and shown to people, however long
//	                      ◀── verdict ──          approved or refused by a person; kept
//	  proposal, signed    ── proposal ──▶         counter-signed by itself: its change is, byte
//	                      ◀── amendment ──        for byte, that of the approved motion
//
//	accord, next        the accord's digest; the serial that the next amendment had when it was made
//	party, made, sort … as in an amendment, but not of sort ends
//	signature           64 bytes, of its party, over "ringdown motion statement 1" and the fields
//
// Its introduction is "Ringdown motion: WHAT, for a person of the other party to approve." The SHA-256 of its statement names it. A verdict
// names the motion so, and is no file that both have: it says nothing to others, the amendment does.
//
//   - Each party has one motion at most. A newer one takes its place, and the verdict on the old one counts for nothing: so nobody
//     approves another thing than was shown.
//   - A motion may be taken back until it is approved. A verdict is never taken back: after it the proposer may have signed.
//   - A motion is open as long as every state of the accord since the serial in next would take its change. What has come into force, or for
//     a time could not be agreed, is over for good, whatever is amended later: an old approval never comes back.
//   - A station counter-signs a change that needs people only for the open motion that they approved; else it is [ErrUnapproved].
//
// # A station's folder
//
//	DIR/station                name; written last, so without it there is no station
//	DIR/lock                   held by whoever changes something
//	DIR/keys/ROLE              five private keys, mode 0600
//	DIR/invites/ID/invite      as given out
//	DIR/invites/ID/once        its one-time private key, mode 0600, until it was used
//	DIR/invites/ID/used        by which line; then there is no "once"
//	DIR/lines/SLUG/invite      both halves of the accord
//	DIR/lines/SLUG/accept
//	DIR/lines/SLUG/secret      the pair secret, mode 0600
//	DIR/lines/SLUG/final       the first party's final signature, when it is here
//	DIR/lines/SLUG/confirmed   when the words were confirmed, if they were
//	DIR/lines/SLUG/amendments/000001 …
//	DIR/lines/SLUG/proposal    this station's own, the newest one of addresses
//	DIR/lines/SLUG/motion      what this station asks the other's people for, the newest one
//	DIR/lines/SLUG/verdict     what they said of it, if they did
//	DIR/lines/SLUG/far-motion  the same of the other station, asked of people here
//	DIR/lines/SLUG/far-verdict
//	DIR/retired/SLUG           lines taken out of use
//
// Each file and each line's folder appears whole or not at all ([WriteFile]). To withdraw an
// invite, remove its folder.
//
// # What this does not protect
//
// A stolen folder is a stolen station: keys are not sealed at rest. Whoever
// publishes its own private keys can deny what it signs from then on.
// Which person approved a motion is the station's own affair: the amendment shows that its party did.
// What a principal's key is worth, its maker knows; the accord keeps its bytes.
// The final signature and amendments are Ed25519 alone: against a quantum computer
// the line stands on the pair secret, and the record on ML-DSA-44.
package accord
