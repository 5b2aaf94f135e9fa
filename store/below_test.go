package store

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A disk stands between SQLite and the files of one store: it fails as a test asks, and knows what a power cut would leave.
type disk struct {
	mu     sync.Mutex
	media  map[string]*medium // by name; of other files nothing is known, and they never fail
	choose func(op string, n int) fate
	count  map[string]int // of "write" and of "sync"
	fired  int            // how often choose had one fail
	owed   int            // of these, how often in a transaction: then an error is answered. SQLite keeps those of checkpoints to itself
	done   func()         // called after each
}

// below is the disk of the test that runs.
var below *disk

// shim is the VFS (https://www.sqlite.org/vfs.html) through which disks see what SQLite does. It hands on to the default one.
var shim struct {
	once       sync.Once
	tls        *libc.TLS
	own, under uintptr

	mu      sync.Mutex
	methods map[uintptr]uintptr // ours, by those of the default VFS
	open    map[uintptr]handle  // by sqlite3_file
}

// A handle is one open file.
type handle struct {
	under  uintptr // its methods
	disk   *disk
	medium *medium // nil: of no disk
}

// A fate is what becomes of one write or sync.
type fate int

const (
	well     fate = iota
	refused       // it failed. After a failed sync the system takes what was written for clean, and never writes it
	torn          // half of its sectors were written, then it failed
	happened      // it failed, and happened anyway
	full          // there was no room
)

// A medium is what a disk holds of a file.
type medium struct {
	wal     bool
	durable []byte
	pending []change // in order
}

// A change is bytes that were written; nil: the file was cut off there.
type change struct {
	at   int64
	data []byte
}

func (c change) apply(b []byte) []byte {
	if c.data == nil {
		return b[:min(int64(len(b)), c.at)]
	}
	if end := c.at + int64(len(c.data)); int64(len(b)) < end {
		b = append(b, make([]byte, end-int64(len(b)))...)
	}
	copy(b[c.at:], c.data)
	return b
}

func (m *medium) sync() {
	for _, c := range m.pending {
		m.durable = c.apply(m.durable)
	}
	m.pending = nil
}

// afterPowerCut is what a power cut leaves: what was synced, and of the rest the sectors of which keep says so.
func (m *medium) afterPowerCut(keep func() bool) []byte {
	b := bytes.Clone(m.durable)
	for _, c := range m.pending {
		if c.data == nil && keep() {
			b = c.apply(b)
		}
		for at, rest := c.at, c.data; len(rest) > 0; {
			n := min(int64(len(rest)), sector-at%sector)
			if keep() {
				b = change{at, rest[:n]}.apply(b)
			}
			at, rest = at+n, rest[n:]
		}
	}
	return b
}

// newDisk puts a disk below the store in file. Nobody may have it open.
func newDisk(t *testing.T, file string) *disk {
	t.Helper()
	d := &disk{media: map[string]*medium{}, count: map[string]int{}}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(file + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		d.media[file+suffix] = &medium{wal: suffix != "", durable: b}
	}
	shim.once.Do(makeShim)
	below = d
	sqlite3.Xsqlite3_vfs_register(shim.tls, shim.own, 1)
	t.Cleanup(func() { sqlite3.Xsqlite3_vfs_register(shim.tls, shim.under, 1) })
	return d
}

func makeShim() {
	shim.tls, shim.methods, shim.open = libc.NewTLS(), map[uintptr]uintptr{}, map[uintptr]handle{}
	shim.under = sqlite3.Xsqlite3_vfs_find(shim.tls, 0)
	shim.own = copied(at[sqlite3.Tsqlite3_vfs](shim.under))
	vfs := at[sqlite3.Tsqlite3_vfs](shim.own)
	name := [...]byte{'s', 'h', 'i', 'm', 0}
	vfs.FzName, vfs.FpNext, vfs.FxOpen = copied(&name), 0, function(diskOpen)
}

// image is what a file and its -wal are after a power cut.
func (d *disk) image(file string, keep func() bool) files {
	all := files{}
	for _, suffix := range []string{"", "-wal"} {
		if b := d.media[file+suffix].afterPowerCut(keep); len(b) > 0 {
			all[suffix] = b
		}
	}
	return all
}

// arm has some of the writes and syncs from now on fail: the first of each is 1.
func (d *disk) arm(choose func(op string, n int) fate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.count)
	d.choose = choose
}

// act does a write or a sync as it is chosen.
func act(op string, file uintptr, do func(h handle, f fate) int32) int32 {
	h := handleOf(file)
	d := h.disk
	if d == nil {
		return do(h, well)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count[op]++
	f := well
	if d.choose != nil {
		f = d.choose(op, d.count[op])
	}
	if f != well {
		d.fired++
		if h.medium.wal && (op == "write" || len(h.medium.pending) > 0) {
			d.owed++
		}
	}
	rc := do(h, f)
	if d.done != nil {
		d.done()
	}
	return rc
}

func handleOf(file uintptr) handle {
	shim.mu.Lock()
	defer shim.mu.Unlock()
	return shim.open[file]
}

func diskOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	open := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](shim.under).FxOpen)
	rc := open(tls, shim.under, name, file, flags, out)
	f := at[sqlite3.Tsqlite3_file](file)
	if rc != sqlite3.SQLITE_OK || f.FpMethods == 0 {
		return rc
	}
	shim.mu.Lock()
	defer shim.mu.Unlock()
	h := handle{under: f.FpMethods}
	if shim.methods[h.under] == 0 {
		own := copied(at[sqlite3.Tsqlite3_io_methods](h.under))
		m := at[sqlite3.Tsqlite3_io_methods](own)
		m.FxWrite, m.FxTruncate, m.FxSync, m.FxClose = function(diskWrite), function(diskTruncate), function(diskSync), function(diskClose)
		shim.methods[h.under] = own
	}
	f.FpMethods = shim.methods[h.under]
	if m := below.media[libc.GoString(name)]; m != nil {
		h.disk, h.medium = below, m
	}
	shim.open[file] = h
	return rc
}

func diskWrite(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	return act("write", file, func(h handle, f fate) int32 {
		switch f {
		case refused:
			return sqlite3.SQLITE_IOERR_WRITE
		case full:
			return sqlite3.SQLITE_FULL
		case torn:
			n = int32(max(0, (offset+int64(n)/2)/sector*sector-offset))
		}
		rc := call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](at[sqlite3.Tsqlite3_io_methods](h.under).FxWrite)(tls, file, buf, n, offset)
		if h.medium != nil && rc == sqlite3.SQLITE_OK {
			h.medium.pending = append(h.medium.pending, change{offset, bytes.Clone(unsafe.Slice(at[byte](buf), n))})
		}
		if f != well && rc == sqlite3.SQLITE_OK {
			return sqlite3.SQLITE_IOERR_WRITE
		}
		return rc
	})
}

func diskTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	return act("write", file, func(h handle, f fate) int32 {
		if f == refused || f == full {
			return sqlite3.SQLITE_IOERR_TRUNCATE
		}
		rc := call[func(*libc.TLS, uintptr, int64) int32](at[sqlite3.Tsqlite3_io_methods](h.under).FxTruncate)(tls, file, size)
		if h.medium != nil && rc == sqlite3.SQLITE_OK {
			h.medium.pending = append(h.medium.pending, change{at: size})
		}
		if f != well {
			return sqlite3.SQLITE_IOERR_TRUNCATE
		}
		return rc
	})
}

// diskSync lets the true disk be: the medium says what is durable.
func diskSync(_ *libc.TLS, file uintptr, _ int32) int32 {
	return act("sync", file, func(h handle, f fate) int32 {
		if h.medium == nil {
			return sqlite3.SQLITE_OK
		}
		if f == refused {
			h.medium.pending = nil
		}
		h.medium.sync()
		if f != well {
			return sqlite3.SQLITE_IOERR_FSYNC
		}
		return sqlite3.SQLITE_OK
	})
}

func diskClose(tls *libc.TLS, file uintptr) int32 {
	shim.mu.Lock()
	h := shim.open[file]
	delete(shim.open, file)
	shim.mu.Unlock()
	return call[func(*libc.TLS, uintptr) int32](at[sqlite3.Tsqlite3_io_methods](h.under).FxClose)(tls, file)
}

// at is what lies at an address of SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// copied is a copy in SQLite's memory, for ever.
func copied[T any](of *T) uintptr {
	p := libc.Xmalloc(shim.tls, libc.Tsize_t(unsafe.Sizeof(*of)))
	*at[T](p) = *of
	return p
}

// function is a function as SQLite calls it, and call one of SQLite's as Go does.
func function(f any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&f))[1] }

func call[F any](function uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{function})) }

// resolved is a new file's name as SQLite resolves it.
func resolved(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}
