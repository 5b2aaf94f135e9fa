// Package record is what two stations keep and co-sign: entries, Merkle trees,
// signed checkpoints, co-signatures and the proofs over them. It holds the formats and the
// rules, without disk, clock or network: someone who trusts neither station can check
// a record with it.
//
// # Two logs
//
// A line has two append-only logs, one by each party. A station keeps its own
// ([Log]) and a copy of the other's ([Copy]). Only its author adds to a log; the
// other confirms how far it holds it:
//
//	author                                            other
//	  numbers entries, signs a checkpoint,
//	  writes all of it durably
//	            ── entries, checkpoint ──▶
//	                                         checks every entry; adds them to its own
//	                                         tree; compares the root with the signed one;
//	                                         writes all of it durably; co-signs
//	            ◀── co-signature ──
//	  "delivered"
//
// A co-signature means "all entries to this size are durable here", and nothing
// else: it is no agreement. A fact about a side rests on that side's entries. Times are their author's
// claims, bounded by what the author had seen and by the other's co-signatures ([Window]).
//
// # An entry
//
// An entry has a header and a body. All numbers are unsigned, the highest byte
// first. There is nothing optional but what is said here, nothing after the end, and one encoding: a
// reader takes the bytes apart, writes them again, and compares.
//
//	entry                                     header
//	 1  form: 1 whole, 2 body erased           1  kind; 0x80 set: a call id follows the time
//	16  salt of the header                     6  number: 0, 1, 2 …
//	 1  length of the header                   6  time: Unix milliseconds, UTC, not 0
//	 n  header                                16  call id, not zero; only if 0x80 is set
//	16  salt of the body   ┐ form 1            6  seen: entries of the other log that its
//	 m  body, to the end   ┘                      author held when writing this
//	32  commitment of the  ┐ form 2           32  their root; only if there are any
//	    body               ┘                   1  count of references, at most 16
//	                                           7  each: relation, 0x80 set: in the other
//	                                              log; 6 bytes number
//
// Header and body are committed to apart, so that one can be shown without the
// other, and a body can be erased with its salt, for ever, while the tree stays as it is:
//
//	commitment of the header = SHA-256("ringdown record header 1\n" | salt | header)
//	commitment of the body   = SHA-256("ringdown record body 1\n"   | salt | body)
//	leaf                     = commitment of the header | commitment of the body
//
// Each salt is 16 random bytes, used once. The order between the logs is in "seen":
// it never falls along a log, and its root must be that of the other log at that size.
//
// References stand in rising order of their 7 bytes, each once. They point at
// earlier entries: below the own number, or below "seen".
//
//	1 answers    message, receipt; disclosure, test, presence, at most one
//	2 amends     message, at most one, own log: the new text stands in its place
//	3 retracts   message, at most one, own log, not with 2 or 5
//	4 under      message, call, drill, matter, at most one: the entry that opened the
//	             matter
//	5 carries    message, own log: its attachments
//
// Retracted and amended are messages; a receipt answers messages, a step of a disclosure,
// of a test or of a proof of presence an earlier one of its kind; 4 points at the entry that opened a matter, 5 at attachments. A reference to an
// entry of another kind has no effect ([Ref.Fits]): the receiver of an entry need not
// have its targets at hand.
//
// # Bodies
//
// Texts are UTF-8 and go to the end of the body. A message has no control
// characters but line feed and tab; all other texts are one line of visible characters, without a
// space at either end. What a text seems to say (look-alikes, direction) is for the page to make plain.
//
//	1 message      text, at most 16,384 bytes; empty only with 3 or 5
//	2 attachment   4 length, 1 to 1,048,576; 32 SHA-256 of the file; its name, 1 to 128
//	               bytes without / \ : and not beginning with a dot
//	3 receipt      1 rung: 1 shown, 2 read, 3 seen by the principal; with 2 and 3 the
//	               reader's name, 1 to 128 bytes. Answers one or more entries, all of
//	               the other log
//	4 call         1 step; 1 reason; 1 by; 1 count; what the step has; see below
//	5 line         1 path, 1 to 8, or 0 for the line; 1 state: 0 down, 1 up
//	6 matter       1 act: 1 opened, 2 acknowledged, 3 closed, 4 filed; with 1 the title,
//	               1 to 256 bytes. All but 1 have a reference 4, for 2 into the other
//	               log; 4 has the call that is filed as its header's
//	7 accord       4 serial, below 2^31: 0 signed, otherwise the amendment's; 32 digest
//	               of the accord or of the amendment; 1 rule for disclosures, with
//	               serial 0: 1 free, 2 told, 3 consent; else 0
//	8 disclosure   1 act: 1 asked, 2 consented, 3 refused, 4 made; 32 SHA-256 of its file
//	               (zero until it is made, never with 4); 1 count of ranges, then 13 each: 1 mark
//	               (1 with bodies, 2 in the other log), 6 first, 6 last; whom it is for,
//	               at most 256 bytes. Ranges, 1 to 64, and recipient only with 1 and 4;
//	               own log first, rising, and joined where they touch and are marked
//	               alike. 2 and 3 answer an entry of the other's; 4 may; 1 does not
//	9 test         1 act: 1 asked, 2 read back, 3 passed, 4 failed; 6 with 1 the agreed
//	               time that it is for, Unix milliseconds, 0 out of turn; 1 count of
//	               paths, at most 8, then 6 each, in rising order: 1 number, 1 state (0 down,
//	               1 up), 2 loss in permille, 2 round trip in ms (0 not known); 1 length
//	               of the person's name, at most 128 (0 not stated), the name; text, 1 to
//	               256 bytes: with 1 the words to read back, with 2 what was read, with 4
//	               why; none with 3. 2 answers the other's 1; 3 the other's 2; 4 the
//	               other's 2, or the own 1 if nobody read it back
//	10 drill       as 4, of a drill
//	11 presence    1 act: 1 claimed, 2 verified, 3 refused; 1 mark of a drill, 0 or 1;
//	               1 length of the principal's name, 1 to 128, the name; with 1 a claim,
//	               see below; with 3 the reason, 1 to 256 bytes. 2 and 3 answer the
//	               other's 1
//	12 right       1 act: 1 suspended, 2 restored; 1 length of the person's name, at most
//	               128 (0 not stated), the name; why, at most 256 bytes, not empty with 1
//
// The header of a call, a drill and a presence has the call's id. Other kinds have one only as 1, 2
// and 6 (filed). A drill is of another kind than a call so that nobody takes one for real, not even from
// a header alone.
//
//	step  1 called     name of the person
//	      2 crossed    16: the id of the call that was given up when both lifted
//	      3 reached    count: consoles ready
//	      4 ringing    count: consoles that really ring, the most so far, not 0; once
//	                   more when more ring
//	      5 answered   name of the person
//	      6 held       reason
//	      7 resumed
//	      8 ended      reason; by: 0 nobody, 1 the author's side, 2 the other's, as
//	                   the author heard; name of the person who ended it
//	      9 asked      for the other side's principal; name of the person who asks
//	     10 fetching   the author's side fetches its principal; count: in how many
//	                   minutes, 0 not known; name of the principal
//	     11 present    the author's principal is at the console: its name. A statement
//	     12 joined     a further person of the author's side; by: 1 speaks, 0 listens;
//	                   name of the person
//	     13 left       name of the person
//	     14 handed     the call is now with another person of the author's side; its name
//
// Names of persons are at most 128 bytes, and empty where none is stated. With them (but for 10)
// count is the person's role: 0 not stated, 1 watch officer, 2 principal, 3 observer. What a
// step does not have is 0 or empty.
//
//	reason  1 hung up, 2 declined, 3 no answer, 4 nobody ready, 5 not reached,
//	        6 cancelled, 7 console lost, 8 line lost, 9 station restarted,
//	       10 station stopping, 11 suspended, 12 interrupted (a drill alone: it gave
//	          way to a real call)
//
// A claim of presence is a WebAuthn assertion and what it was made over: 32 SHA-256 of the credential's
// id; 8 incarnation of the author's station; 8 of the verifier's; 1 role; 32 nonce of the verifier;
// then, each behind 2 bytes length, the authenticator's data (37 to 512), the client's data (1 to 1,024) and
// the signature (1 to 512). What it proves is for package presence to say.
//
// # Trees, checkpoints, co-signatures
//
// The tree is RFC 6962's (section 2.1) over the leaves; inclusion and consistency
// proofs are that RFC's. Sizes and numbers are below 2^48.
//
// A checkpoint is a C2SP signed note of three lines (tlog-checkpoint, no extension
// lines): origin, size, root. The origin is "ringdown/", the accord's digest in hexadecimal, and "/first" or
// "/second" after the party whose log it is. It is also the name of that party's keys. Signature lines come in this order:
//
//	author         type 0x01, Ed25519                      always
//	co-signature   type 0x04, cosignature/v1, Ed25519      if there is one
//	               type 0x06, cosignature/v1, ML-DSA-44    if there is one
//
// Between stations, which know the origin, a checkpoint is 6 bytes size, 32 root, 64
// signature; a co-signature is 8 bytes time (Unix seconds, at most 281,474,976,710) and the signature. Keys are those of the accord; nothing is
// trusted because a note names it. A station checks each signature that it makes.
//
// # What the receiver refuses
//
// Entries come in batches (at most 256, 1 MiB) with a checkpoint signed at exactly
// the size after them. A batch is taken as a whole or not at all: a number that is not the next,
// a "seen" that falls, that is more than there is, or whose root is not ours, a reference to
// what was not there, an erased body (but see [Copy.Recall]), a wrong kind, any byte that is not the one encoding, more than the
// allowance, or a root that is not the signed one ([ErrInconsistent]). As the
// receiver computes the root from what it already holds, what it co-signs always
// continues what it co-signed before.
//
// The receiver grants an [Allowance] of numbers beforehand, so that an honest author
// never numbers what cannot be taken; a part is for steps of real calls and for the right to call
// ([Kind.Urgent]).
//
// A checkpoint that contradicts an earlier one is a fork. The proof is two signed
// checkpoints, the root that the larger one's first entries really have, and the consistency proof of it;
// whoever has the author's public key can check it:
//
//	ringdown fork 1
//
//	(the smaller checkpoint, as a note with its author's signature alone)
//
//	(the larger one)
//
//	root BASE64
//	proof BASE64        for each hash of the proof, in order
//
// After a fork nothing of that log is accepted or co-signed. For a stranger, who has no keys, package disclose makes a file of it.
//
// # Numbering
//
// A station gives numbers and signs only while it [Stands]. After each start and
// each loss of the line it is [Unheard], until the far side has said which is the newest checkpoint that
// it holds with this station's signature:
//
//   - the far side holds more: this station was restored. It is [Behind], gets its own
//     entries back, each part proved against that checkpoint, and then stands;
//   - what the far side holds is another history: [Forked], with the proof, for ever;
//   - the far side holds less than it once co-signed: [FarBehind]; it is sent what it lost,
//     and this station stands when it has co-signed that again;
//   - otherwise it stands.
//
// A batch is durable before anything of it leaves. After a failed write, which may have
// happened anyway, the same batch is written again. A crash leaves the whole batch
// or nothing, and no signature that anyone has seen.
//
// # What this does not protect
//
// A far side that hides what it holds of ours can lead a restored station to sign a
// second history. Two clones that both stand can each sign before either is heard again: that is found and
// proved, not prevented. A side can withhold its co-signature: see [Log.Withheld]. Both sides together can
// write any history. Lengths of bodies are not hidden from the other side, and a header that is shown
// shows its references. Times are claims. Against a quantum computer only what is
// co-signed with ML-DSA-44 stands, and it is the co-signer's word: author's signatures
// are Ed25519.
//
// # Chosen here
//
// The limits of texts and batches, [MaxAbout], [MaxRanges] and [WithheldAfter] are
// our choice; all else above is what both sides must have alike.
//
// Co-signatures are made here and not by github.com/transparency-dev/formats/note,
// because that package depends on crypto/x509 and so on package net. The tests compare with it in both directions.
package record
