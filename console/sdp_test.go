package console

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pion/sdp/v3"

	"ringdown/api"
)

// readText reads an offer as a browser made it.
func readText(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\n", "\r\n")
}

func TestReadOffer(t *testing.T) {
	offer, sections, err := readOffer(readText(t, "chromium-offer.sdp"))
	if err != nil || sections != 1 {
		t.Fatalf("%d sections, %v", sections, err)
	}
	if strings.Contains(offer, "candidate") || strings.Contains(offer, ".local") {
		t.Errorf("addresses are left in the offer:\n%s", offer)
	}
	audio := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
	head := "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	for what, text := range map[string]string{
		"nothing":      "",
		"no sections":  head,
		"too many":     head + strings.Repeat(audio, maxStreams+1),
		"video":        head + audio + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
		"data channel": head + audio + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
		"no SDP":       "hello",
	} {
		if _, _, err := readOffer(text); codeOf(err) != "bad-offer" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, sections, err := readOffer(head + strings.Repeat(audio, maxStreams)); sections != maxStreams || err != nil {
		t.Errorf("%d sections, %v; want %d", sections, err, maxStreams)
	}
}

func TestConstantRate(t *testing.T) {
	answer, err := constantRate(readText(t, "answer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(answer, "a=fmtp:109 "); n != 1 {
		t.Errorf("%d lines of parameters, want 1:\n%s", n, answer)
	}
	for want, n := range map[string]int{"a=fmtp:109 " + opusParameters + "\r\n": 1, "a=ptime:20\r\n": 1, "a=maxptime:20\r\n": 1, "ptime": 4, "usedtx": 0, "useinbandfec=1": 0, "a=fmtp:101 0-15\r\n": 1} {
		if got := strings.Count(answer, want); got != n {
			t.Errorf("%q occurs %d times, want %d:\n%s", want, got, n, answer)
		}
	}
}

// Whatever an answer looks like, what comes out is SDP again, says the constant
// rate once for every Opus payload type, and is not changed by a second pass.
func FuzzConstantRate(f *testing.F) {
	f.Add(readText(f, "answer.sdp"))
	f.Add(readText(f, "chromium-offer.sdp"))
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			return // a line the module reads and cuts differently the second time
		}
		once, err := constantRate(text)
		if err != nil {
			return
		}
		var d sdp.SessionDescription
		if err := d.UnmarshalString(once); err != nil {
			t.Fatalf("%v in %q", err, once)
		}
		for _, m := range d.MediaDescriptions {
			if m.MediaName.Media == "audio" {
				checkConstant(t, m.Attributes)
			}
		}
		if twice, err := constantRate(once); err != nil || twice != once {
			t.Fatalf("a second pass makes %q of %q, %v", twice, once, err)
		}
	})
}

func checkConstant(t *testing.T, attributes []sdp.Attribute) {
	t.Helper()
	said := make(map[string]int)
	for _, a := range attributes {
		if kind, what, ok := strings.Cut(a.Value, " "); a.Key == "fmtp" && ok && what == opusParameters {
			said[kind]++
		}
	}
	for _, a := range attributes {
		kind, what, ok := strings.Cut(a.Value, " ")
		if a.Key == "rtpmap" && ok && strings.HasPrefix(strings.ToLower(what), "opus/") && said[kind] != 1 {
			t.Fatalf("payload type %q is told %d times", kind, said[kind])
		}
		if a.Key == "fmtp" && said[kind] > 0 && what != opusParameters {
			t.Fatalf("payload type %q is told %q too", kind, what)
		}
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add(readText(f, "answer.sdp"))
	f.Add(readText(f, "chromium-offer.sdp"))
	f.Fuzz(func(t *testing.T, text string) {
		offer, sections, err := readOffer(text)
		if err != nil {
			if codeOf(err) != "bad-offer" {
				t.Fatalf("%v is no refusal", err)
			}
			return
		}
		var d sdp.SessionDescription
		if err := d.UnmarshalString(offer); err != nil {
			t.Fatalf("%v in %q", err, offer)
		}
		if len(d.MediaDescriptions) != sections || sections < 1 || sections > maxStreams {
			t.Fatalf("%d sections, and %d in %q", sections, len(d.MediaDescriptions), offer)
		}
		for _, m := range d.MediaDescriptions {
			if _, found := m.Attribute("candidate"); found || m.MediaName.Media != "audio" {
				t.Fatalf("left in the offer: %q", offer)
			}
		}
	})
}

// Whatever a console sends is either refused with a reason or is a message that,
// encoded again, is the same message.
func FuzzDecodeMessage(f *testing.F) {
	for _, text := range []string{
		`{"type":"attach","console":"00ff","name":"Anna","kind":"browser","observe":true,"voice":"recorded","ref":1}`,
		`{"type":"ready","ready":true,"why":"no microphone"}`, `{"type":"call","slug":"south","ref":18446744073709551615}`,
		`{"type":"ringing","slug":"south","on":true}`, `{"type":"pong","n":7}`, `{"type":"sdp","sdp":"v=0"}`, `{"type":"shown","slug":"south","keys":["them/7"]}`, `{"type":"mute","on":true} {}`, `[1]`, "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decodeMessage(text)
		if err != nil {
			if e, ok := err.(*api.Error); !ok || e.Code == "" || e.Action == "" || !utf8.ValidString(e.Text) || len(e.Text) > 1000 {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeMessage(again); err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%q became %+v, and that %+v, %v", text, m, back, err)
		}
		if !bytes.Contains(text, []byte(m.Type)) && m.Type == "" {
			t.Fatalf("%q has no type", text)
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	for _, p := range []string{"/", "/?ready=1", "//x", "/\\x", "/%2f/x", "http://x", "/a?b=c&d#e"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got, err := localPath(next)
		if err != nil {
			return
		}
		if got[0] != '/' || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t #") {
			t.Fatalf("%q leads to %q", next, got)
		}
		if again, err := localPath(got); err != nil || again != got {
			t.Fatalf("%q leads to %q, and that to %q, %v", next, got, again, err)
		}
	})
}
