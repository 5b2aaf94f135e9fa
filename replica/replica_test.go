package replica

import (
	"slices"
	"testing"
	"time"

	"ringdown/record"
)

func TestAMessageIsDelivered(t *testing.T) {
	w := newWorld(t)
	ids := w.north.write(text("written while the line is down"))
	if st := w.north.r.Status(); len(st.Waiting) != 1 || st.Waiting[0].ID != ids[0] || st.Own.Size != 0 {
		t.Fatalf("%+v", st)
	}
	w.connect()
	w.settle()
	if n, ok := w.north.r.Number(ids[0]); !ok || n != 0 {
		t.Fatalf("number %d, %v, refused %v, %+v", n, ok, w.refused, w.north.r.Status())
	}
	w.north.write(text("and now"))
	w.south.write(text("an answer"))
	w.settle()
	w.agree()
	if got := w.south.texts(false); !slices.Equal(got, []string{"written while the line is down", "and now"}) {
		t.Errorf("%q", got)
	}
	if st := w.north.r.Status(); st.Standing != record.Stands || len(st.Waiting) > 0 || st.Own.Classical != 2 {
		t.Errorf("%+v", st)
	}
	w.pass(time.Second)
	if st := w.north.r.Status(); st.Own.Full != 2 {
		t.Errorf("no post-quantum proof: %+v", st.Own)
	}
	if len(w.refused) > 0 {
		t.Errorf("refused: %v", w.refused)
	}
}
