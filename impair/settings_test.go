package impair

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		s    Settings
		want string // empty: no error
	}{
		{Settings{}, ""},
		{Settings{Cut: true, Delay: MaxDelay, Jitter: MaxDelay, Loss: 1, Duplicate: 1, Reorder: 1, Corrupt: 1, Rate: 1}, ""},
		{Settings{Delay: -1}, "impair: delay -1ns: want 0 to 10s"},
		{Settings{Delay: MaxDelay + 1}, "impair: delay 10.000000001s: want 0 to 10s"},
		{Settings{Jitter: -time.Second}, "impair: jitter -1s: want 0 to 10s"},
		{Settings{Jitter: time.Minute}, "impair: jitter 1m0s: want 0 to 10s"},
		{Settings{Loss: 1.01}, "impair: loss 1.01: want 0 to 1"},
		{Settings{Loss: nan}, "impair: loss NaN: want 0 to 1"},
		{Settings{Duplicate: -0.1}, "impair: duplicate -0.1: want 0 to 1"},
		{Settings{Reorder: math.Inf(1)}, "impair: reorder +Inf: want 0 to 1"},
		{Settings{Corrupt: nan}, "impair: corrupt NaN: want 0 to 1"},
		{Settings{Rate: -1}, "impair: rate -1: want 0 (no limit) or more bytes a second"},
	} {
		got := ""
		if err := c.s.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

func TestPatchChangesWhatItNames(t *testing.T) {
	before := Settings{Delay: time.Second, Jitter: time.Millisecond, Loss: 0.5, Reorder: 0.25, Rate: 9}
	for _, c := range []struct {
		in   string
		want func(s *Settings)
	}{
		{`{}`, func(*Settings) {}},
		{`{"cut":true}`, func(s *Settings) { s.Cut = true }},
		{` {"delay_ms": 0} `, func(s *Settings) { s.Delay = 0 }},
		{`{"delay_ms":12.5,"loss":0}`, func(s *Settings) { s.Delay, s.Loss = 12500*time.Microsecond, 0 }},
		{`{"jitter_ms":1e4,"cut":false}`, func(s *Settings) { s.Jitter = MaxDelay }},
		{`{"loss":1,"delay_ms":700,"jitter_ms":3,"cut":true}`,
			func(s *Settings) {
				*s = Settings{Cut: true, Delay: 700 * time.Millisecond, Jitter: 3 * time.Millisecond, Loss: 1, Reorder: 0.25, Rate: 9}
			}},
	} {
		p, err := ParsePatch([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		want := before
		c.want(&want)
		if got, err := p.Apply(before); err != nil || got != want {
			t.Errorf("%s makes %+v, want %+v; error %v", c.in, got, want, err)
		}
	}
}

func TestPatchRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                         "not a JSON object",
		`null`:                     "not a JSON object",
		`[]`:                       "not a JSON object",
		`{`:                        "not a JSON object",
		`{"cut"}`:                  "want true or false",
		`{"cut":true`:              "not a JSON object",
		`{"cut":true,}`:            "not a JSON object",
		`{"cut":true}{}`:           "something follows",
		`{"cut":true} x`:           "something follows",
		`{"cut":null}`:             "cut: want true or false",
		`{"cut":1}`:                "cut: want true or false",
		`{"loss":"1"}`:             "loss: want a number from 0 to 1",
		`{"loss":{}}`:              "loss: want a number from 0 to 1",
		`{"loss":NaN}`:             "loss: want a number from 0 to 1",
		`{"loss":1e999}`:           "loss: want a number from 0 to 1",
		`{"loss":-0.1}`:            "loss -0.1: want 0 to 1",
		`{"loss":1.5}`:             "loss 1.5: want 0 to 1",
		`{"delay_ms":-1}`:          "delay_ms -1: want 0 to 10000",
		`{"delay_ms":10001}`:       "delay_ms 10001: want 0 to 10000",
		`{"jitter_ms":1e300}`:      "jitter_ms 1e+300: want 0 to 10000",
		`{"delay":1}`:              `unknown key "delay"`,
		`{"Cut":true}`:             `unknown key "Cut"`,
		`{"loss":0.1,"loss":0.2}`:  "loss is given twice",
		`{"cut":false,"rate":100}`: `unknown key "rate"`,
	} {
		if p, err := ParsePatch([]byte(in)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "impair: ") {
			t.Errorf("%s: %+v, error %v, want %q", in, p, err, want)
		}
	}
	nan := math.NaN()
	if _, err := (Patch{DelayMS: &nan}).Apply(Settings{}); err == nil {
		t.Error("a delay that is not a number was applied")
	}
}

// What is accepted comes back the same from its JSON, has no other keys, and makes
// valid settings of any valid ones.
func FuzzParsePatch(f *testing.F) {
	for _, s := range []string{`{}`, `{"cut":true,"delay_ms":20,"jitter_ms":0.5,"loss":0.3}`, `{"loss":1e-9}`, `{"Cut":true}`, `{"cut":true}{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ParsePatch(in)
		if err != nil {
			return
		}
		var keys map[string]any
		if err := json.Unmarshal(in, &keys); err != nil {
			t.Fatalf("accepted what is not JSON: %v", err)
		}
		for k := range keys {
			if !slices.Contains([]string{"cut", "delay_ms", "jitter_ms", "loss"}, k) {
				t.Errorf("accepted the key %q", k)
			}
		}
		first, err := p.Apply(Settings{Delay: MaxDelay, Loss: 1})
		if err != nil {
			t.Fatalf("accepted, and cannot be applied: %v", err)
		}
		out, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePatch(out)
		if err != nil {
			t.Fatalf("its own JSON %s: %v", out, err)
		}
		if second, _ := again.Apply(Settings{Delay: MaxDelay, Loss: 1}); second != first {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}

func TestSettingsAsPatch(t *testing.T) {
	s := Settings{Cut: true, Delay: 1500 * time.Microsecond, Jitter: time.Second, Loss: 0.125}
	text, err := json.Marshal(s.Patch())
	if want := `{"cut":true,"delay_ms":1.5,"jitter_ms":1000,"loss":0.125}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	if got, err := s.Patch().Apply(Settings{}); err != nil || got != s {
		t.Errorf("%+v came back as %+v, %v", s, got, err)
	}
}
