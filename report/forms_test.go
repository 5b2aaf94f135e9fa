package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"ringdown/api"
)

// TestTable: the table has a row for each figure, under the names that JSON has.
func TestTable(t *testing.T) {
	s := loadStory(t, "testdata/answers.story")
	var b bytes.Buffer
	if err := WriteCSV(&b, s.build(t, 0).Report(s.ask)); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, r := range rows[1:] {
		key := strings.Join([]string{r[0], r[1], r[4], r[5]}, " ")
		if _, twice := found[key]; twice {
			t.Errorf("%q stands there twice", key)
		}
		found[key] = r[6]
	}
	for key, want := range map[string]string{
		"whole whole calls count": "13", "whole whole calls to South answered": "3", "whole whole calls to North answered": "1",
		"week 2026-W45 calls answer_p95_ms": "31000", "month 2026-11 calls answer_within_10_s": "2", "month 2026-11 calls answer_within_10_s_of": "8",
		"week 2026-W45 drills answered": "1", "whole whole calls proven": "1", "week 2026-W45 line up_ms": "280802000", "whole whole path 2 unknown_ms": "604800000",
		"whole whole calls to North principal_median_ms": "", "whole whole tests missed": "0",
	} {
		if found[key] != want {
			t.Errorf("%q is %q, want %q", key, found[key], want)
		}
	}
}

// TestPage: the page says the figures, runs nothing, and shows names as text.
func TestPage(t *testing.T) {
	s := loadStory(t, "testdata/answers.story")
	s.ask.Parties = [2]string{"<b>North", "South"}
	var b bytes.Buffer
	if err := WriteHTML(&b, s.build(t, 0).Report(s.ask)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;b&gt;North", "13 calls, 4 answered.", "Half of the answers came within 10.0 s, 90 % within 31.0 s",
		"<td>2 of 8</td><td>3 of 7</td><td>3 of 7</td>", "1 declined, 1 nobody answered", "The record speaks until 5 November 2026 12:03 UTC"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"<b>North", "<script", "http:", "https:", "ZgotmplZ", "<no value>"} {
		if strings.Contains(b.String(), never) {
			t.Errorf("the page has %q", never)
		}
	}
}

// TestNobodyRoundsUp: what did not meet a mark never reads as if it did.
func TestNobodyRoundsUp(t *testing.T) {
	for ms, want := range map[int64]string{0: "0.0 s", 1: "0.1 s", 9900: "9.9 s", 9901: "10.0 s", 10000: "10.0 s", 10001: "10.1 s"} {
		if got := Seconds(ms); got != want {
			t.Errorf("%d ms: found %q, want %q", ms, got, want)
		}
	}
	year := 365 * 24 * time.Hour.Milliseconds()
	for a, want := range map[api.Availability]string{{}: "not known", {UnknownMS: 9}: "not known", {UpMS: 1}: "100.000 %",
		{UpMS: year - 1, DownMS: 1}: "99.999 %", {UpMS: 10 * year, DownMS: 1}: "99.999 %", {DownMS: 1}: "0.000 %"} {
		if got := shareWords(a); got != want {
			t.Errorf("%+v: found %q, want %q", a, got, want)
		}
	}
}
