package station

import (
	"testing"

	"ringdown/record"
	"ringdown/replica"
)

// TestClaimOfAnyName: a claim is answered whatever name it gives that the record takes, and keeps no other waiting.
func TestClaimOfAnyName(t *testing.T) {
	inWitnesses(t, 5, func(w *witnesses) {
		w.talking()
		b := w.asked(0)
		c := signed(w.soft[0], b, b)
		c.Credential[0]++
		w.atEnd(0, func(e *lineEnd) {
			e.clerk.enter(replica.Draft{ID: replica.NewID(), Time: e.s.opt.Now(), Call: b.Call,
				Body: record.Presence{Act: record.PresenceClaimed, Who: "\uFFFD", Claim: c}})
		})
		w.bothHave("0 claimed \uFFFD ", "1 refused \uFFFD its nonce was given out for another key")
		if list := w.notices(1); len(list) > 0 {
			t.Errorf("south has the notices %q", list)
		}
	})
}
