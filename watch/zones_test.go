package watch

import "testing"

// TestZoneIsLoadedOnce: the station's loop asks for the zone again and again, and reads no file for it.
func TestZoneIsLoadedOnce(t *testing.T) {
	r := Roster{Zone: "Europe/Warsaw"}
	if first := r.Location(); first.String() != r.Zone || first != r.Location() {
		t.Errorf("the zone %v is loaded again", first)
	}
}
