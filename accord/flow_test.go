package accord

import (
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)

func TestFlow(t *testing.T) {
	n, err := Init(day, t.TempDir()+"/north", "North")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Init(day, t.TempDir()+"/south", "South")
	if err != nil {
		t.Fatal(err)
	}
	file, _, err := n.Invite(day, InviteOptions{Paths: []OwnPath{{1, "fibre", Endpoint{Address: "192.0.2.1:7000"}}, {2, "mobile", Endpoint{Address: "[2001:db8::1]:7000"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", file)
	out, ls, err := s.Accept(day, file, AcceptOptions{Ends: map[uint8]Endpoint{1: {Address: "198.51.100.1:7000"}, 2: {Roams: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", out)
	ln, err := n.Conclude(day, out)
	if err != nil {
		t.Fatal(err)
	}
	if !ln.Secret.Equal(ls.Secret) || ln.Accord.Digest() != ls.Accord.Digest() {
		t.Fatal("differ")
	}
	if err := ls.SaveFinal(ln.Final); err != nil {
		t.Fatal(err)
	}
	w := ln.Accord.Words()
	if _, err := s.Confirm(day, "north", strings.Join(w[:], " ")); err != nil {
		t.Fatal(err)
	}
	_, err = n.Conclude(day, out)
	t.Log(err)
	p, err := ln.ProposeAmendment(day, map[uint8]Endpoint{1: {Address: "192.0.2.9:7000"}})
	if err != nil {
		t.Fatal(err)
	}
	am, err := ls.CountersignAmendment(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.ApplyAmendment(am); err != nil {
		t.Fatal(err)
	}
	t.Log(ln.Paths(), ln.Pending, ls.Paths())
	t.Logf("%s", am)
}
