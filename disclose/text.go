package disclose

import (
	"fmt"
	"strconv"
	"strings"
)

// invisible are the characters that texts do not show as they are: controls, spaces of no
// width, and what turns the direction. A file that is looked at with an editor cannot deceive by them.
var invisible = [...][2]rune{
	{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
	{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
	{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
}

func hiddenRune(c rune) bool {
	for _, r := range invisible {
		if r[0] <= c && c <= r[1] {
			return true
		}
	}
	return false
}

// escape writes a text so that each of its characters shows: \\ for a backslash,
// \u{200b} for what is invisible. Line feeds are escaped like all controls.
func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '\\':
			b.WriteString(`\\`)
		case hiddenRune(c):
			fmt.Fprintf(&b, `\u{%x}`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// unescape reads what escape writes, and nothing else. The text is UTF-8 already.
func unescape(s string) (string, bool) {
	var b strings.Builder
	for rest := s; rest != ""; {
		plain, after, found := strings.Cut(rest, `\`)
		b.WriteString(plain)
		if !found {
			break
		}
		if strings.HasPrefix(after, `\`) {
			b.WriteByte('\\')
			rest = after[1:]
			continue
		}
		digits, after, found := strings.Cut(strings.TrimPrefix(after, "u{"), "}")
		c, err := strconv.ParseUint(digits, 16, 21)
		if !found || err != nil || !hiddenRune(rune(c)) {
			return "", false
		}
		b.WriteRune(rune(c))
		rest = after
	}
	return b.String(), escape(b.String()) == s
}
