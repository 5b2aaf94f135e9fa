// Package replica keeps a line's record at one station: its own log, its copy of the
// other's, what waits to be numbered, and the exchange of all that with the far station. What entries,
// checkpoints and co-signatures are, and what a receiver refuses, is package record's; this
// package adds disk, time and the protocol between two stations.
//
// # The protocol
//
// Messages travel on the line's two streams. A stream is reliable and in order as long as a
// session lasts, and loses its tail when it ends. The first byte is the kind; kinds below 16 are not this
// package's. Numbers are unsigned, the highest byte first. What does not fit exactly is refused
// whole and changes nothing.
//
//	kind              stream    from
//	16 hello          entries   both, when the line opens, or when something was lost
//	17 entries        entries   author
//	18 cosigned       entries   other
//	19 cosigned-pq    bulk      other
//	20 want           entries   both
//	21 back           bulk      both, in answer to 20
//	22 want file      entries   other
//	23 piece          bulk      author, in answer to 22
//	24 ask-pq         entries   author
//	25 fork           entries   both
//	26 recall         entries   author
//
// # Hello
//
//	 1  16                                16  last: the run of yours that I heard
//	 1  flags: 1 ask, 2 answer (one of         before that one, or zero
//	    both), 4 checkpoint,               6  entries of my own log
//	    8 co-signature                     6  entries of my log that your ML-DSA-44
//	 2  serial of my newest question           co-signature covers, as I hold it
//	 2  answer: the serial that is         6  numbers of your log below this may be
//	    answered                               given to any entry
//	16  run: random, one each start        6  and below this to what is urgent
//	16  heard: the newest run of yours   102  flag 4: newest checkpoint of your log
//	    that I heard, or zero                  that I hold, in record's compact form
//	                                     72  flag 8: and my co-signature of it
//
// Each side asks when the line opens and when the far station restarted, after it dropped a message,
// after a gap, and when nothing was heard of what it sent for 15 seconds; at most once a
// second. A question is answered at once, unless a batch of the asker's entries is being
// written: then it is not known yet what is held, and the answer waits for that.
//
// Where a log stands ([record.Log.Heard]) is told by the answer to the newest question alone, when it names
// the asker's run. The stream is in order, so all that was sent before the question has arrived or is lost
// by then: nothing can turn up later that the asker does not know of.
//
// Then the author sends entries from where the other stands; what is held already is left out by
// whoever receives it.
//
// # Entries
//
//	 1  17                                 1  18
//	 6  number of the first                6  size
//	 1  count, 1 to 255                   72  co-signature
//	32  root of the tree with them        12  allowance, as in a hello
//	64  author's signature of the
//	    checkpoint of that tree
//	    then each entry: 2 length; bytes
//
// A message of entries has at most 60 kB; what it takes is taken whole, written, and then
// co-signed. A short text of 50 bytes makes one message of 245 bytes, which fits one datagram of the
// standard profile. A single draft leaves at once. At most 96 kB or 8 messages go ahead of
// their co-signatures, so that under load what waits is joined. An entry that is not co-signed after the line
// was up for ten seconds is shown as withheld; so is what keeps us from numbering: a hello that is not answered, entries of ours that
// are not given back, or that the far side says to have lost and does not co-sign again. A new session does not begin that time anew.
//
// An allowance never falls while a line is up. Cosigned-pq is 6 size, 2,428 co-signature. It is sent every ten
// minutes if there is something new, after a call, when the author asks (ask-pq, no body;
// heeded once in ten seconds), and when a hello shows that the author has not the newest.
//
// # Asking again
//
//	1  20                                 1  21
//	1  purpose: 1 catch up, 2 repair,    14  purpose, log, first, size of the want
//	   3 contest                         32  purpose 3: root of the first entries
//	1  log: 0 the asker's own, 1 that     1  count of hashes, then 32 each: proof
//	   of the one who is asked            1  count of entries, then each: 2 length;
//	6  first                                 bytes
//	6  size of the tree
//
// Catch up, log 0: entries from first on, at least one, with the proof that the tree of size continues them.
// Repair: entry first alone, with its inclusion proof in the tree of size. Contest, log 0: no entry, but the
// root of the first entries, as many as first says, and the proof that the tree of size continues
// them; it is asked for when what came back does not continue the asker's log. One thing is asked
// for at a time, and again after 10 seconds. Of either log only what the other side has been sent
// is of use to it; wants of more than there is are refused. Each side answers at most 32 a second, and asks at most 16.
//
// # Files
//
//	1  22                                 1  23
//	6  number of the attachment's entry   6  number
//	   in the log of the one asked        4  offset
//	4  offset                             n  at most 32 KiB; none: it is not here
//
// Only files that an accepted entry promised are asked for, and only such are sent: by the entry's number, so that
// nobody can ask whether the other has a file of some hash. One piece is under way
// at a time. Nothing beyond the promised length is taken; what has another SHA-256 is
// thrown away, tried again every ten minutes, and given up after the tenth time. A file that is half here
// is gone on with after a loss of the line or a restart.
//
// # Forks, recall
//
// Fork is the proof as text ([record.Fork.Text]), against either log. It is shown when it is found and once in
// each session from then on. Only a proof that the accused signed counts; it is kept for ever. Recall
// is a checkpoint of the author's log (102) with the other's co-signature (72): sent before entries
// to a side that holds less than it co-signed, so that it takes entries again whose bodies the
// author has erased since.
//
// # What is written, and when
//
// One write a batch at the author's side and one at the other's; see disk. What was written
// before the line was up, or is not allowed yet, waits under "draft/", each with a random id that
// becomes the salt of its entry's header. So what a restored station still holds as waiting, and had
// sent, is known again when it comes back from the far side, and is not sent twice. A
// draft's number and the end of its waiting are one write.
//
// If a write fails, nothing of it leaves; it is the same batch that is written again, after a second,
// until the store takes it. Meanwhile entries of the far side are not taken, and it is not
// told that they are held or not.
//
// # Copies of a station
//
// Each start has a run, drawn at random and durable before it is said. The far side says which runs it
// heard. A run that a station does not know, or a far side that holds more of its log than it does itself, means that
// it was restored from a backup, or that a copy of it ran: a person is told, and it catches up by itself. If
// a far run that had heard this run names another after it, or holds entries that this run did not sign though its
// log had stood, the copy is alive: a person is told and nothing is numbered until the station has been
// heard alone for a minute. Two that
// both number before either is heard again make a fork: that is found, proved, shown to all
// three, and not prevented. What comes back and does not fit our log, for whatever reason, is contested once before it is
// asked for again. The far side, too, sees a run come back that was followed by another.
//
// A copy of a running station knows the run that it was copied from. Its first start looks like any start;
// it is found when the original is heard again.
//
// # Damage
//
// At the start what was written since the last verified tree is read and compared with the signed
// tree; all of it is read again a minute after each start and then daily, in small steps. A damaged entry is named,
// given to nobody, fetched again from the far side and put in place if it is proved to stand in
// the signed tree. A damaged hash is made again from the entries. What cannot be told apart, or damage in
// the state itself, is store.ErrDamaged: the file is set aside, and the record comes back from the
// other side; what can still be read of own entries that the other side has not, and of drafts, is adopted
// ([Replica.Adopt]), and numbered to the same entries as before, to the bit.
//
// # Limits
//
// A hostile far side can withhold, refuse to answer and so keep us from numbering; it can ask no more
// than the budgets allow, and fill no more than its quota: half of it with entries, two fifths with
// files, and a tenth is for what is urgent alone (record.Kind.Urgent: steps of real calls, the right to call). Each entry is reckoned with 512 bytes
// beside its own. The quota may be another at each start; numbers that a greater one had granted are taken all
// the same. What has no room here waits at the far side, which knows it: what is held is all that is
// allowed. Memory holds the edge of both trees, what waits here (at most 10,000 drafts,
// 64 MB), one batch of each log, one file each way, and the numbers given last; it grows neither with
// history nor with what the far side sends.
//
// The line must hold 256 kB a stream. An honest far side never has more than 128 kB under way on
// one; what a hostile one asks for beyond what its line carries, it loses.
//
// # Chosen here
//
// Sizes of messages below the line's limit, windows, budgets, pauses, the shares of the quota, and the
// keys in the store are our choice; all other of the above is what both sides must have alike.
package replica
