package station

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"ringdown/accord"
	"ringdown/disclose"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/store"
)

// What a program needs that makes a line's record before its station runs.

// RecordFile is the store of a line's record, in the line's folder.
const RecordFile = recordFile

// RecordOptionsOf says with what keys, and where, the station in dir keeps the record of a line.
func RecordOptionsOf(dir string, l *accord.Line, keys *accord.KeySet) (*RecordOptions, error) {
	return recordOptions(dir, l, keys)
}

// KeepAttachment keeps the bytes of an attachment in a line's folder; [ReadAttachment] gives them back.
func KeepAttachment(lineDir string, sum [32]byte, data []byte) error {
	return files{filepath.Join(lineDir, filesDir)}.keep(sum, data)
}

// ReadAttachment gives what KeepAttachment keeps; fs.ErrNotExist if it is not there.
func ReadAttachment(lineDir string, sum [32]byte) ([]byte, error) {
	return files{filepath.Join(lineDir, filesDir)}.read(sum)
}

// A GivenDisclosure is one that was made, with the other side's consent, by entries that are in the record.
type GivenDisclosure struct {
	At            time.Time
	To            string
	Shown         []disclose.Entries
	Ranges        []record.Range // the same, as our entries name it
	Call          record.CallID
	Asked, Answer int64      // entry of our log that asks, and of the other's that agrees
	Made          replica.ID // of the entry that says so
	File          []byte
}

// KeepDisclosure keeps it as the station would have.
func KeepDisclosure(lineDir string, st store.Store, g GivenDisclosure) error {
	sum := sha256.Sum256(g.File)
	in := &intent{ID: randomID(), At: g.At, To: g.To, Shown: g.Shown, Ranges: g.Ranges, Call: g.Call, Asked: &g.Asked, Answer: &g.Answer, Agreed: true,
		State: "made", SHA256: hex.EncodeToString(sum[:]), Made: g.Made}
	dir := filepath.Join(lineDir, disclosuresDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := accord.WriteFile(filepath.Join(dir, in.ID+".txt"), g.File); err != nil {
		return err
	}
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return st.Set(map[string][]byte{intentPrefix + in.ID: text})
}
