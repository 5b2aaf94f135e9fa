package disclose

import (
	"testing"
	"time"

	"ringdown/accord"
)

// A real accord's parties are read as the accord writes them, and its digest is ours.
func TestRealAccord(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2027, 1, 31, 8, 0, 0, 0, time.UTC)
	north, err := accord.Init(now, dir+"/north", "North")
	if err != nil {
		t.Fatal(err)
	}
	south, err := accord.Init(now, dir+"/south", "CERT Łódź")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := accord.ParsePaths([]string{"fibre=192.0.2.1:4400"})
	if err != nil {
		t.Fatal(err)
	}
	invite, _, err := north.Invite(now, accord.InviteOptions{Paths: paths})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := accord.ParseInvite(invite)
	if err != nil {
		t.Fatal(err)
	}
	ends, err := inv.ParseEnds([]string{"fibre=198.51.100.1:4400"})
	if err != nil {
		t.Fatal(err)
	}
	_, line, err := south.Accept(now, invite, accord.AcceptOptions{Ends: ends})
	if err != nil {
		t.Fatal(err)
	}
	f := new(file)
	if err := f.takeAccord(line.Accord.Sections()); err != nil {
		t.Fatal(err)
	}
	if f.Accord != line.Accord.Digest() || f.Parties[second].Name != "CERT Łódź" {
		t.Errorf("accord %x of %q, want %s", f.Accord, f.Parties[second].Name, line.Accord.Digest())
	}
}
