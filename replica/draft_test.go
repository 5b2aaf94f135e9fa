package replica

import (
	"testing"

	"ringdown/record"
)

// TestEveryKindCanWait: whatever an entry can be, its draft is read again after a restart.
func TestEveryKindCanWait(t *testing.T) {
	for k := record.KindMessage; k <= record.KindRight; k++ {
		b := bodyOf(k)
		if b == nil || b.Kind() != k {
			t.Errorf("the draft of a %s is read as %v", k, b)
		}
	}
}
