package web

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// themes reads the tokens of each look from theme.css: light is the root's, the
// others replace it. The system's dark must be the chosen dark.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	block := regexp.MustCompile(`(?s)(:root|\[data-theme="\w+"\]) \{(.*?)\}`)
	token := regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{6});`)
	looks := make(map[string]map[string]string)
	for _, m := range block.FindAllStringSubmatch(file(t, "theme.css"), -1) {
		tokens := make(map[string]string)
		for _, p := range token.FindAllStringSubmatch(m[2], -1) {
			tokens[p[1]] = p[2]
		}
		looks[m[1]] = tokens
	}
	return looks
}

// contrast is the ratio of WCAG 2, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(colour[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

// AAA for the glance and the act, AA for the rest; 3 for lines and meters.
func TestContrast(t *testing.T) {
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"ink", "paper", 7}, {"ink", "panel", 7},
		{"strong", "panel", 7}, {"strong", "paper", 7}, {"on-strong", "strong-fill", 7},
		{"amber", "panel", 7}, {"amber", "paper", 7}, {"on-amber", "amber-fill", 7},
		{"red", "panel", 7}, {"red", "paper", 7}, {"on-red", "red-fill", 7},
		{"drill", "panel", 7}, {"drill", "paper", 7}, {"on-drill", "drill-fill", 7}, {"on-drill", "drill-stripe", 7}, {"drill", "drill-pale", 4.5}, {"ink", "drill-pale", 7},
		{"soft", "panel", 4.5}, {"soft", "paper", 4.5}, {"ink", "track", 3},
	}
	for look, tokens := range themes(t) {
		for _, p := range pairs {
			if got := contrast(t, tokens[p.front], tokens[p.back]); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.1f, want %.1f", look, p.front, p.back, got, p.least)
			}
		}
	}
}

func TestSystemDarkIsDark(t *testing.T) {
	looks := themes(t)
	for token, colour := range looks[`[data-theme="dark"]`] {
		if got := looks[`[data-theme="system"]`][token]; got != colour {
			t.Errorf("--%s is %s in the dark, %s in the system's dark", token, colour, got)
		}
	}
}

func TestContrastOfBlackOnWhite(t *testing.T) {
	if got := contrast(t, "#000000", "#ffffff"); math.Abs(got-21) > 0.01 {
		t.Errorf("contrast of black on white is %.2f, want 21", got)
	}
}
