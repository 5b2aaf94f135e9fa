// Package store keeps the record of one line on disk: two append-only logs of entries with
// the hashes of their trees, and small settings, written together or not at all.
//
// It knows nothing of what an entry means. [Store] is the contract; package storetest is the
// suite that every implementation passes. There are two: [SQLite], one file, and [Memory].
// The contract is such that a service of several machines can stand behind it: an append says what it
// expects, and a [Store.Lease] shuts out whoever was taken over.
//
// Its sizes are SQLite's. etcd refuses a request above 1.5 MiB and a transaction of more than 128 operations, unless
// --max-request-bytes and --max-txn-ops are raised: a setting of MaxSetting is beyond the one, a batch of 256 entries with
// their hashes beyond the other. An implementation on etcd must have them raised (and its client's limit of 2 MiB), or
// write the parts first, under a revision that nobody reads, and make it count with one small transaction that changes the head.
//
// # The file
//
// A SQLite file (pages of 4,096 bytes, WAL) with application id 0x52444c31 and user_version 0x00010001: the version, 1,
// in both halves, so that no single bit makes it another. Its schema is exactly:
//
//	setting    key, sealed       WITHOUT ROWID; the key "!" is the head
//	own_entry  number, sealed    ┐
//	own_hash   number, sealed    │ number is the rowid: of the entry,
//	far_entry  number, sealed    │ or the index of the hash
//	far_hash   number, sealed    ┘
//
// A sealed value is its bytes and four more: CRC-32C over the table's name, 0, the key (a number as 8 bytes, the highest
// first), 0, and the bytes. The head is eight numbers of 8 bytes (entries and hashes of own, entries and hashes
// of far, number of settings, sum of their seals, the lease's term and its end in Unix milliseconds) and the lease's holder.
//
// The numbers are rowids, so that an append writes at the end of each table: one entry with two hashes and the state
// dirties four or five pages, and its transaction ends with one fsync.
//
// # What a crash leaves
//
//	making a store      nothing, or all of it; perhaps files ".new-NAME*", which the next one replaces
//	a transaction       all of it or nothing: its pages are in the -wal, and the last one, synced, says that it is whole
//	a checkpoint        the same data: pages go to the file, which is synced, before the -wal is used again
//	Backup              nothing under the new name, or all of it
//	SetAside            the file renamed, and its -wal perhaps not: Open refuses a -wal alone, and it is set aside next
//
// Recovery is what SQLite does at each Open: it reads the -wal up to the last whole transaction. Before, Open looks whether
// that is where the -wal was cut short, or where it was damaged: SQLite drops what follows in either case. SQLite writes behind
// a transaction only when that was synced, so what is wrong before such a place was whole once: [ErrDamaged].
//
// synchronous=FULL syncs the -wal with each transaction, which is what "durable" means here. NORMAL would sync it only
// at checkpoints: a power cut would take back what was co-signed. EXTRA adds nothing with a -wal. On macOS fsync does
// not empty the drive's cache, so fullfsync is on, which asks for that; elsewhere it does nothing. A drive that
// lies about its cache is beyond us.
//
// If a sync fails, the transaction has failed, but may be whole after a crash: "it may or may not have happened".
// The batch is then written again, pages and all, so it does not matter that a system may take the pages of a failed sync
// for clean. A checkpoint that failed is done again from the -wal; SQLite tells nobody.
//
// # Damage, and who notices
//
// SQLite checks the shape of its pages, and nothing of what rows hold. So:
//
//	a bit of an entry or hash      its seal: a hole, or [ErrMissing]; fetched again, put back with Repair
//	a row under a wrong number     the same
//	a bit of a setting or head     its seal, when it is read and at each Open: [ErrDamaged]
//	a setting that vanished        the head's count and sum, at each Open
//	a page older than the rest     the same; or a log that goes on after its end; or holes
//	a broken page, a cut file      SQLite, or a check of Open: [ErrDamaged], when it is read
//	a bit of the -wal              a check of Open, if a transaction follows: [ErrDamaged]
//	an entry with other bytes      the tree: a seal is no protection from people
//	the whole file older, or the   only the far side, which knows what it co-signed: see "Numbering"
//	end of the -wal lost           in package record
//
// The -wal's last transaction, if it is damaged after a crash and before the next start, looks like one that the crash cut
// short; and so do the last two, if the end of the one and the beginning of the other are gone together. What the far side has
// of them comes back. What only waited there, a draft or that it was withdrawn, is lost without a word.
//
// Open reads all settings, and of the logs only their ends, so that it does not take longer as they grow. What is wrong
// further in is found when it is read; whoever keeps a record reads it through from time to time.
//
// After [ErrDamaged] the file is renamed with [SetAside], never deleted. [Salvage] reads what is left, without SQLite,
// and believes only what has a seal. The rest of the record is fetched from the other side.
//
// secure_delete is on: what is erased or withdrawn is overwritten, also in free pages. A -wal keeps it
// until the pages are used again, at the latest until the store is closed; so may a disk, a snapshot, a backup.
//
// # Rules for who uses it
//
// While a process has a store open, nothing else in that process may open the same file other than through this package: on
// unix, closing any descriptor of a file drops the locks that SQLite has on it. The folder must be on a
// file system with working locks and shared memory, not on a network's.
//
// # Chosen here
//
// Page size, cache (32 pages for each connection, so that hundreds of lines fit in a small machine; the
// system's cache does the work), a checkpoint each 1,000 pages, two readers beside the writer.
package store
