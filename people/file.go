package people

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// maxFile is more than the largest that can be: 500 persons with 8 passkeys each.
const maxFile = 16 << 20

// A document is the file.
type document struct {
	People []Person `json:"people"`
}

func encode(list []Person) ([]byte, error) {
	if list == nil {
		list = []Person{}
	}
	text, err := json.MarshalIndent(document{list}, "", "\t")
	return append(text, '\n'), err
}

// parse reads what encode wrote, and refuses what could not have been written by it.
func parse(text []byte) ([]Person, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("has %d bytes, want at most %d", len(text), maxFile)
	}
	var doc document
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the object, want one")
	}
	if doc.People == nil {
		return nil, errors.New("people is missing, want a list")
	}
	for i := range doc.People {
		if err := doc.People[i].check(); err != nil {
			return nil, err
		}
	}
	return doc.People, checkAll(doc.People)
}

// checkAll holds the people together to the rules.
func checkAll(list []Person) error {
	if len(list) > MostPeople {
		return fmt.Errorf("%d people, want at most %d", len(list), MostPeople)
	}
	seen := make(map[string]bool)
	once := func(what, value string) error {
		if seen[what+value] {
			return fmt.Errorf("the %s %.80q stands twice", what, value)
		}
		seen[what+value] = true
		return nil
	}
	for _, p := range list {
		err := errors.Join(once("id", p.ID.String()), once("name", folded(p.Name)))
		for _, k := range p.Keys {
			err = errors.Join(err, once("key", string(k.ID)))
		}
		if err != nil {
			return err
		}
	}
	if enrolled(list) && !administered(list) {
		return errors.New("somebody has a key and no administrator has, want an administrator with a key")
	}
	return nil
}

// folded makes names alike that differ only in their case.
func folded(name string) string { return strings.ToLower(strings.ToUpper(name)) }

func enrolled(list []Person) bool {
	for _, p := range list {
		if p.Enrolled() {
			return true
		}
	}
	return false
}

// administered says whether an administrator has a key.
func administered(list []Person) bool {
	for _, p := range list {
		if p.Enrolled() && p.Is(Administrator) {
			return true
		}
	}
	return false
}

// letsIn says whether an administrator has a key that is not refused as copied.
func letsIn(list []Person) bool {
	return slices.ContainsFunc(list, func(p Person) bool {
		return p.Is(Administrator) && slices.ContainsFunc(p.Keys, func(k Key) bool { return k.Copied.IsZero() })
	})
}

// copies counts the keys that are refused as copied.
func copies(list []Person) (n int) {
	for _, p := range list {
		for _, k := range p.Keys {
			if !k.Copied.IsZero() {
				n++
			}
		}
	}
	return n
}

// read reads the file; that there is none means that there is nobody.
func read(file string) ([]Person, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return parse(text)
}
