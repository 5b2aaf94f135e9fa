package disclose

import "testing"
import "ringdown/record"

func TestThin(t *testing.T) {
	w := newWorld(t, record.RuleFree)
	n := w.write(w.north, record.Message{Text: "Hello, South.\nAll well? \u202e ש"})
	w.full()
	w.write(w.south, record.Message{Text: "Yes."}, record.Ref{Relation: record.Answers, Other: true, Number: n})
	r := w.request()
	r.Entries = entries([]int64{1}, []int64{1})
	b := w.make(r)
	rep, err := Verify(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", b)
	t.Logf("%+v", rep)
}
