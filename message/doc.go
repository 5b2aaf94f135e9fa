// Package message makes what people see of a line's record out of its entries: the timeline, how
// far each message got, matters, calls, search and export.
//
// A [View] is derived from entries alone and lives in a file of its own. The file may vanish at any
// time; it is made anew from both logs. So it need not be as durable as the record: a crash may take
// the last entries from it, and Sizes says which to add again.
//
// # What entries mean
//
// The rules are made so that the order in which the two logs are added does not matter, and so that
// neither side can change what only the other may say.
//
// A reference counts if it fits ([record.Ref.Fits]). It waits for its target if that is not here.
//
//	message   A row. Answers is the first reference of that relation.
//	amends    By the author alone. All messages that amend each other are versions of one; the newest
//	          that is not taken back stands in place of all older ones. These stay as they are, and
//	          name it.
//	retracts  By the author alone; the first counts. It is of the message that it names, and of no other
//	          version.
//	receipt   Counts for the other side's messages; the first of each rung does. A message may be read
//	          and never shown, and seen by the principal and never read by another. What is taken back can
//	          still be read.
//	matter    Named by the entry that opened it. Acknowledged by the other side, first; closed by either,
//	          first. If both close it and had not seen each other's, the one that says the earlier time.
//	filed     A call is under the matter that was said last: by the order in which each side had seen the
//	          other's entries, else by their times. A message is under the matter that it says itself.
//	call      A row at its first entry, with the time of its author's "called". Answered is the first
//	          "answered" of the side that was called; of crossing calls, of either. Ended is what the side
//	          says that chose to end it, else the earlier. The length is by the clock of the side that
//	          answered, if that side told both. An end after which the same side says that the call goes on
//	          does not count: a station that was started again while it rang ends the call, and then it rings
//	          anew. One that rings here more than five minutes after our own end has an id that was used
//	          before: its row moves to where it rings now, and what was called and answered before is past.
//	drill     A call that says so. What is entered as a drill and what is entered as a call are two,
//	          even under one id: neither can hide the other, or pass for it.
//	crossed   The call that was given up is part of the other, if our own log says so. A station says so by the
//	          other side's word, too, where it lifted and knows nothing of the other call. One that was here
//	          all the same, or comes later, was not given up: it has a row.
//	test      A row at the entry that asked. The other side reads back, first; the side that asked judges,
//	          first: what was read back, or that nobody did.
//	presence  A row at the claim. The other side judges it, first, under the same call and the same mark
//	          of a drill.
//	disclosed Each entry is a row. One of theirs is made if they say so, unasked or in answer to our consent;
//	          else it stands as we answered first.
//	others    Line, accord and right are rows. Attachments and receipts are not.
//
// Somebody has yet to read a message unless it was marked read, taken back, replaced or erased, or
// takes back another itself. After [ChasedAfter] it is chased. That time counts from when it was added
// here; a view that is made anew takes it from our own later entries, which say what was here by then.
//
// One of their entries is misdated if its time lies before our newest entry that it had seen, or after
// it was here, by more than a minute. Our own are not judged: the other side's clock is its claim.
//
// # What it costs
//
// Adding an entry costs the same whatever came before. A page costs the same anywhere; where no
// table leads to what is asked for, a page may be short or empty and still have a next one. A search goes
// through tables of words, 65,536 items each, from the newest on. Memory does not grow with the record.
//
// # Texts
//
// Texts are kept and given as their authors wrote them. [Visible] and [Suspicious] make plain what is
// unseen in them, turns their direction, or looks like something else; the head of testdata/visible.txt has
// the rules, and the page's own code follows the same file. A text that is not what was added is never
// given: its row has a checksum, and the view is then damaged.
//
// # Export
//
// JSON ([View.Export] with "json") is one object:
//
//	ringdown_export  1, the version of this shape
//	note             that this is no proof
//	line, own, peer  names
//	made             when, RFC 3339
//	clock_ms         how far the other side's clock is estimated to be ahead of ours
//	query            from, to (RFC 3339 or ""), matter, search, kinds, unread
//	items            the items as package api has them, the oldest first, one a line
//	complete         true: the end was reached
//
// HTML is one page that needs nothing else, runs nothing, and forbids both by its policy; every finding in
// a text is a mark.
package message
