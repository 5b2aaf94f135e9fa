package api

import (
	"encoding/json"
	"errors"
	"io"
)

// Decode reads exactly one JSON value with known keys only.
func Decode(r io.Reader, into any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("json: more follows the value")
	}
	return nil
}
