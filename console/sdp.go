package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"ringdown/api"
)

// maxStreams is how many talkers a browser can hear at once: the audio sections
// of its offer.
const maxStreams = 4

// opusParameters make a browser send 20 ms of Opus in exactly 60 bytes, speech or
// silence (RFC 7587, 6.1): what is said then changes no size. They are said to
// the browser in the answer, which alone rules what it sends; DTX is left out,
// and off by default.
const opusParameters = "cbr=1;maxaveragebitrate=24000;stereo=0;sprop-stereo=0;minptime=20;maxptime=20;useinbandfec=0"

const packetTime = "20" // milliseconds

func badOffer(format string, args ...any) *api.Error {
	return &api.Error{Code: "bad-offer", Text: "The page's offer for voice was not understood: " + fmt.Sprintf(format, args...) + ".",
		Action: "Load the page again, with a current browser."}
}

// readOffer checks an offer and returns it without its candidates, and how many
// audio sections it has. Candidates are of no use here: the station waits to be
// asked, and answers where it was asked from (ICE-lite, RFC 8445, 2.5). So it
// resolves no name and calls no address that a page gave it.
func readOffer(offer string) (string, int, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return "", 0, badOffer("%s", shorten(err.Error(), 120))
	}
	if n := len(d.MediaDescriptions); n < 1 || n > maxStreams {
		return "", 0, badOffer("it has %d sections, want 1 to %d", n, maxStreams)
	}
	d.Attributes = withoutCandidates(d.Attributes)
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			return "", 0, badOffer("it has a section for %q, want only audio", shorten(m.MediaName.Media, 40))
		}
		m.Attributes = withoutCandidates(m.Attributes)
	}
	text, err := encode(&d)
	if err != nil {
		return "", 0, badOffer("%s", shorten(err.Error(), 120))
	}
	return text, len(d.MediaDescriptions), nil
}

// encode writes a description, and reads it again: the module reads some that it
// cannot write.
func encode(d *sdp.SessionDescription) (string, error) {
	text, err := d.Marshal()
	if err != nil {
		return "", err
	}
	return string(text), new(sdp.SessionDescription).Unmarshal(text)
}

func withoutCandidates(attributes []sdp.Attribute) []sdp.Attribute {
	var kept []sdp.Attribute
	for _, a := range attributes {
		switch a.Key {
		case "candidate", "end-of-candidates", "remote-candidates":
		default:
			kept = append(kept, a)
		}
	}
	return kept
}

// constantRate rewrites an answer so that the browser sends Opus at a constant
// rate: it replaces the parameters of every Opus payload type, and the packet time.
func constantRate(answer string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("console: answer for voice: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media == "audio" {
			m.Attributes = constantSection(m.Attributes)
		}
	}
	text, err := encode(&d)
	if err != nil {
		return "", fmt.Errorf("console: answer for voice: %w", err)
	}
	return text, nil
}

func constantSection(attributes []sdp.Attribute) []sdp.Attribute {
	opus := make(map[string]bool) // payload types
	for _, a := range attributes {
		if kind, codec, ok := strings.Cut(a.Value, " "); ok && a.Key == "rtpmap" && strings.HasPrefix(strings.ToLower(codec), "opus/") {
			opus[kind] = true
		}
	}
	var kept []sdp.Attribute
	for _, a := range attributes {
		kind, _, _ := strings.Cut(a.Value, " ")
		if a.Key == "fmtp" && opus[kind] || a.Key == "ptime" || a.Key == "maxptime" {
			continue
		}
		kept = append(kept, a)
	}
	for _, kind := range slices.Sorted(maps.Keys(opus)) {
		kept = append(kept, sdp.NewAttribute("fmtp", kind+" "+opusParameters))
	}
	return append(kept, sdp.NewAttribute("ptime", packetTime), sdp.NewAttribute("maxptime", packetTime))
}
