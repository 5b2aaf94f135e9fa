package impair

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// A Patch changes some of the [Settings] and leaves those that are nil. Its JSON
// form is what the demo's stage speaks, any subset of
//
//	{"cut": bool, "delay_ms": 0..10000, "jitter_ms": 0..10000, "loss": 0..1}
type Patch struct {
	Cut      *bool    `json:"cut,omitempty"`
	DelayMS  *float64 `json:"delay_ms,omitempty"`
	JitterMS *float64 `json:"jitter_ms,omitempty"`
	Loss     *float64 `json:"loss,omitempty"`
}

// ParsePatch reads one JSON object. An unknown key (upper case is unknown), a key
// given twice, null, a value of another type or out of its range, and anything
// after the object are errors.
func ParsePatch(b []byte) (Patch, error) {
	var p Patch
	if err := p.parse(json.NewDecoder(bytes.NewReader(b))); err != nil {
		return Patch{}, err
	}
	if _, err := p.Apply(Settings{}); err != nil {
		return Patch{}, err
	}
	return p, nil
}

func (p *Patch) parse(dec *json.Decoder) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return notPatch(err)
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return notPatch(err)
		}
		if err := p.member(dec, t.(string)); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return notPatch(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("impair: settings: something follows the JSON object: want one object")
	}
	return nil
}

func notPatch(err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf(`impair: settings: not a JSON object such as {"delay_ms":100}: %w`, err)
}

// member reads the value of one key.
func (p *Patch) member(dec *json.Decoder, key string) error {
	switch key {
	case "cut":
		return value(dec, key, &p.Cut, "true or false")
	case "delay_ms":
		return value(dec, key, &p.DelayMS, "a number of milliseconds")
	case "jitter_ms":
		return value(dec, key, &p.JitterMS, "a number of milliseconds")
	case "loss":
		return value(dec, key, &p.Loss, "a number from 0 to 1")
	}
	return fmt.Errorf("impair: settings: unknown key %q: want cut, delay_ms, jitter_ms or loss", key)
}

func value[T bool | float64](dec *json.Decoder, key string, to **T, want string) error {
	if *to != nil {
		return fmt.Errorf("impair: settings: %s is given twice", key)
	}
	t, err := dec.Token()
	v, ok := t.(T)
	if err != nil || !ok {
		return fmt.Errorf("impair: settings: %s: want %s", key, want)
	}
	*to = &v
	return nil
}

// Apply returns s with the patch's changes, or an error if they are out of range.
func (p Patch) Apply(s Settings) (Settings, error) {
	if p.Cut != nil {
		s.Cut = *p.Cut
	}
	if p.Loss != nil {
		s.Loss = *p.Loss
	}
	var err error
	if p.DelayMS != nil {
		if s.Delay, err = milliseconds("delay_ms", *p.DelayMS); err != nil {
			return Settings{}, err
		}
	}
	if p.JitterMS != nil {
		if s.Jitter, err = milliseconds("jitter_ms", *p.JitterMS); err != nil {
			return Settings{}, err
		}
	}
	return s, s.Validate()
}

func milliseconds(key string, ms float64) (time.Duration, error) {
	most := float64(MaxDelay / time.Millisecond)
	if math.IsNaN(ms) || ms < 0 || ms > most {
		return 0, fmt.Errorf("impair: %s %v: want 0 to %v", key, ms, most)
	}
	return time.Duration(math.Round(ms * float64(time.Millisecond))), nil
}

// Patch returns the patch that makes any settings these, as far as a patch goes.
func (s Settings) Patch() Patch {
	delay, jitter := inMilliseconds(s.Delay), inMilliseconds(s.Jitter)
	return Patch{&s.Cut, &delay, &jitter, &s.Loss}
}

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
