package station

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ringdown/accord"
	"ringdown/record"
)

// files keeps the bytes of attachments in a folder, each under its SHA-256. They are never opened here.
type files struct{ dir string }

func (f files) name(sum [32]byte) string { return filepath.Join(f.dir, hex.EncodeToString(sum[:])) }

// keep makes a file durable.
func (f files) keep(sum [32]byte, data []byte) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return fmt.Errorf("station: attachments: %w", err)
	}
	return accord.WriteFile(f.name(sum), data)
}

// read gives a file's bytes, if they are what their name says; fs.ErrNotExist if they are not here.
func (f files) read(sum [32]byte) ([]byte, error) {
	h, err := os.Open(f.name(sum))
	if err != nil {
		return nil, err
	}
	defer h.Close()
	data, err := io.ReadAll(io.LimitReader(h, record.MaxAttachment+1))
	if err != nil {
		return nil, fmt.Errorf("station: attachment: %w", err)
	}
	if sha256.Sum256(data) != sum {
		return nil, fmt.Errorf("station: attachment %x is damaged: %w", sum, fs.ErrNotExist)
	}
	return data, nil
}

// has reports whether a file is here.
func (f files) has(sum [32]byte) bool {
	_, err := os.Stat(f.name(sum))
	return err == nil
}
