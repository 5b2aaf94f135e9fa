package wire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A vector is one block of a file of vectors: lines between blank ones. The
// comment above it names it.
type vector struct {
	name  string
	line  int
	lines []string
}

func readVectors(t testing.TB, file string) (all []vector) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := vector{}
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		switch line := in.Text(); {
		case strings.HasPrefix(line, "# "):
			v.name, v.line = line[2:], n
		case line != "":
			v.lines = append(v.lines, line)
		case len(v.lines) > 0:
			all, v = append(all, v), vector{}
		}
	}
	if len(v.lines) > 0 {
		all = append(all, v)
	}
	if err := in.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d vectors, %v", file, len(all), err)
	}
	return all
}

// value is what follows a name at the start of a line of v.
func (v *vector) value(t testing.TB, name string) string {
	t.Helper()
	for _, l := range v.lines {
		if rest, ok := strings.CutPrefix(l, name+" "); ok {
			return rest
		}
	}
	t.Fatalf("line %d, %s: no %q", v.line, v.name, name)
	return ""
}

func (v *vector) bytes(t testing.TB, name string) []byte {
	t.Helper()
	text := v.value(t, name)
	if text == "-" {
		return nil
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("line %d, %s: %v", v.line, name, err)
	}
	return b
}

// place is the path and direction that v is about.
func (v *vector) place(t testing.TB) (d Direction, path uint8) {
	t.Helper()
	name, number, _ := strings.Cut(v.value(t, "path"), " ")
	n, err := strconv.Atoi(number)
	if err != nil || name != "first" && name != "second" {
		t.Fatalf("line %d: path %q %q", v.line, name, number)
	}
	if name == "second" {
		d = FromSecond
	}
	return d, uint8(n)
}

// vectorKeys is the line of keys.txt, and the vectors of its paths.
func vectorKeys(t testing.TB) (*Schedule, *Traffic, []vector) {
	t.Helper()
	all := readVectors(t, "keys.txt")
	secret, digest := all[0].bytes(t, "pair-secret"), all[0].bytes(t, "accord-digest")
	s, err := NewSchedule((*[32]byte)(secret), (*[32]byte)(digest))
	if err != nil {
		t.Fatal(err)
	}
	traffic, err := s.Traffic(all[0].bytes(t, "exported"))
	if err != nil {
		t.Fatal(err)
	}
	return s, traffic, all[1:]
}

func TestVectors(t *testing.T) {
	t.Run("keys", testKeyVectors)
	t.Run("datagrams", testDatagramVectors)
	t.Run("bodies", testBodyVectors)
}

func testKeyVectors(t *testing.T) {
	schedule, traffic, paths := vectorKeys(t)
	for _, v := range paths {
		d, path := v.place(t)
		label, key, err := schedule.labelAndKey(schedule.root, infoStart, d, path)
		if err != nil {
			t.Fatal(err)
		}
		if want := v.bytes(t, "label"); !bytes.Equal(label[:], want) {
			t.Errorf("%s: label %x, want %x", v.value(t, "path"), label, want)
		}
		if want := v.bytes(t, "start-key"); !bytes.Equal(key[:], want) {
			t.Errorf("%s: start key %x, want %x", v.value(t, "path"), key, want)
		}
		if _, key, err = schedule.labelAndKey(traffic.secret, infoDatagram, d, path); err != nil {
			t.Fatal(err)
		}
		if want := v.bytes(t, "key"); !bytes.Equal(key[:], want) {
			t.Errorf("%s: key %x, want %x", v.value(t, "path"), key, want)
		}
	}
}

func testDatagramVectors(t *testing.T) {
	schedule, traffic, _ := vectorKeys(t)
	for _, v := range readVectors(t, "datagrams.txt") {
		d, path := v.place(t)
		open := traffic.Opener
		if v.value(t, "under") == "start-key" {
			open = schedule.Opener
		}
		opener, err := open(d, path)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := opener.Open(nil, v.bytes(t, "datagram"))
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if want := v.bytes(t, "plain"); !bytes.Equal(plain, want) {
			t.Errorf("%s: opens to\n%x, want\n%x", v.name, plain, want)
		}
		if got, want := describeHeaders(t, plain, d, path), strings.Join(v.lines[2:5], "\n"); got != want {
			t.Errorf("%s: headers say\n%s\nwant\n%s", v.name, got, want)
		}
	}
}

// describeHeaders is what the headers of a plaintext say, as in datagrams.txt.
func describeHeaders(t testing.TB, plain []byte, d Direction, path uint8) string {
	t.Helper()
	h, err := ParsePathHeader(plain, path, d)
	if err != nil {
		t.Fatal(err)
	}
	f, err := ParseFrameHeader(plain[PathHeaderSize:])
	if err != nil {
		t.Fatal(err)
	}
	held := "none"
	if hold, ok := h.Held(); ok {
		held = fmt.Sprintf("%dµs", hold.Microseconds())
	}
	return fmt.Sprintf("counter %d echo %d held %s\n%s\nframe %d signal-echo %d",
		h.Counter, h.Echo, held, describeWord(h.Word), f.Number, f.SignalEcho)
}

func describeWord(w Word) string {
	token := w.Token()
	switch w.Kind() {
	case WordReport:
		r := w.Report()
		return fmt.Sprintf("word report %s loss %d spread %.1fms", r.State, r.Loss, float64(r.Spread)/float64(time.Millisecond))
	case WordClock:
		return fmt.Sprintf("word clock %d", w.Clock())
	case WordChallenge:
		return fmt.Sprintf("word challenge %x", token[:])
	default:
		return fmt.Sprintf("word response %x", token[:])
	}
}

func testBodyVectors(t *testing.T) {
	for _, v := range readVectors(t, "bodies.txt") {
		body := make([]byte, Standard.Body())
		copy(body, v.bytes(t, "body"))
		chunks, err := Parse(body)
		if why, refused := strings.CutPrefix(v.lines[1%len(v.lines)], "refused "); refused {
			var malformed *MalformedError
			if !errors.As(err, &malformed) || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, want an error with %q", v.name, err, why)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if got, want := describe(chunks), strings.Join(v.lines[1:], "\n"); got != want {
			t.Errorf("%s: says\n%s\nwant\n%s", v.name, got, want)
		}
		if again := rebuild(t, body); !bytes.Equal(again, body) {
			t.Errorf("%s: built again:\n%x, want\n%x", v.name, again, body)
		}
	}
}

// describe says what is in the chunks, one a line, as in bodies.txt.
func describe(chunks Chunks) string {
	var lines []string
	for chunks.Next() {
		lines = append(lines, chunks.Kind().String()+" "+describeChunk(&chunks))
	}
	return strings.Join(lines, "\n")
}

func describeChunk(c *Chunks) string {
	switch c.Kind() {
	case KindSignal:
		version, s := c.Signal()
		reason := "none"
		if s.Reason != ReasonNone {
			reason = s.Reason.String()
		}
		call := "call"
		if s.Drill {
			call = "drill"
		}
		return fmt.Sprintf("version %d %s %s step %s reason %s ringing %d ready %d at %d %d %d",
			version, call, s.Call, s.Step, reason, s.Ringing, s.Ready, s.At[0], s.At[1], s.At[2])
	case KindHello:
		h := c.Hello()
		return fmt.Sprintf("own %d.%d far %d.%d", h.Own.Incarnation, h.Own.Number, h.Far.Incarnation, h.Far.Number)
	case KindHandshake:
		h := c.Handshake()
		return fmt.Sprintf("offset %d received %d bytes %s", h.Offset, h.Received, orDash(fmt.Sprintf("%x", h.Bytes)))
	case KindVoice:
		v := c.Voice()
		ages := strings.Trim(fmt.Sprint(v.Ages[:v.Count]), "[]")
		return fmt.Sprintf("talker %d %s first %d size %d ages %s packets %x", v.Talker, v.Codec, v.First, v.Size, ages, v.Packets)
	case KindAck:
		a := c.Ack()
		var ranges []string
		for _, r := range a.Ranges[:a.Count] {
			ranges = append(ranges, fmt.Sprintf("%d+%d", r.Gap, r.Length))
		}
		return fmt.Sprintf("%s duplicates %d received %d ranges %s", a.Stream, a.Duplicates, a.Received, orDash(strings.Join(ranges, " ")))
	default:
		d := c.Data()
		return fmt.Sprintf("%s offset %d bytes %x", d.Stream, d.Offset, d.Bytes)
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
