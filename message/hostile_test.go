package message

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringdown/api"
	"ringdown/record"
)

// No statement reads a whole table that grows with the record: what an entry or a page costs does not.
func TestStatementsUseIndexes(t *testing.T) {
	w := openWorld(t, temp(t))
	k := w.story()
	w.us(say("b"), about(record.Amends, k["hello"]))
	w.us(say(""), about(record.Retracts, k["hello"]))
	w.us(record.CallStep{Step: record.StepCrossed, Other: callID(3)}, inCall(2))
	w.add(true, nil)
	for _, q := range []api.RecordQuery{{}, {Matter: k["matter"]}, {Unread: true}, {Unread: true, Matter: k["matter"]}, {Kinds: []string{"call", "line"}},
		{Kinds: []string{"call"}, Matter: k["matter"]}, {From: noon, To: noon.Add(time.Hour)}, {Search: "ships of"}, {Search: "ships", From: noon, Unread: true}} {
		w.all(q)
		w.v.Export(new(counter), "json", q, w.proofs, ExportHead{})
	}
	w.matters()
	w.pending()
	w.v.OpenCalls()
	w.v.CallEntries(k["call"])
	w.v.Between(noon, noon.Add(time.Hour))
	w.v.Unmarked([]string{k["reply"]})
	w.v.Disclosures(10)
	w.v.Disclosure(0)
	w.v.OwnDisclosures(10)
	w.v.AnswerTo(0)
	sessions := []*session{w.v.write}
	for range readersOf {
		s := <-w.v.readers
		sessions = append(sessions, s)
		defer func() { w.v.readers <- s }()
	}
	checked := 0
	for _, s := range sessions {
		for query := range s.stmts {
			checked += explain(t, w.v, query)
		}
	}
	if checked < 60 {
		t.Errorf("%d statements: want all", checked)
	}
}

// explain holds the plan of a statement against what may be scanned.
func explain(t *testing.T, v *View, query string) int {
	verb, _, _ := strings.Cut(query, " ")
	if !strings.Contains("SELECT INSERT UPDATE DELETE WITH", verb) || strings.Contains(query, "sqlite_schema") {
		return 0
	}
	conn, err := v.dbs[0].Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		scans := strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "VIRTUAL TABLE") && !strings.Contains(detail, "(subquery") && detail != "SCAN main" && detail != "SCAN CONSTANT ROW"
		ordered := strings.Contains(query, "LIMIT") && strings.Contains(detail, "USING INDEX")
		if scans && !ordered {
			t.Errorf("%s: %s", query, detail)
		}
		if strings.Contains(detail, "TEMP B-TREE FOR ORDER") && !strings.Contains(query, "FROM call c JOIN step") && !strings.Contains(query, "UNION ALL") {
			t.Errorf("%s: sorts: %s", query, detail)
		}
	}
	return 1
}

// biggest is an entry with all that an entry can have.
func biggest(number, other int64, i int) *record.Entry {
	e := &record.Entry{Header: record.Header{Number: number, Time: noon.UnixMilli(), Seen: treeOf(int(other))}}
	switch i % 4 {
	case 0:
		e.Body = record.Message{Text: strings.Repeat("wörd ", record.MaxText/6)}
		for n := range min(number, record.MaxAbout-1) {
			e.About = append(e.About, record.Ref{Relation: record.Answers, Number: n})
		}
		if number > 0 {
			e.About = append(e.About, record.Ref{Relation: record.Amends, Number: number - number%4})
			if number%4 == 0 {
				e.About[len(e.About)-1].Number = number - 4
			}
		}
	case 1:
		e.Body = record.Receipt{Rung: record.Read, Who: strings.Repeat("w", record.MaxWho)}
		for n := range min(other, record.MaxAbout) {
			e.About = append(e.About, record.Ref{Relation: record.Answers, Other: true, Number: n})
		}
	case 2:
		e.Body = record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByAuthor, Who: strings.Repeat("w", record.MaxWho)}
		e.Call = callID(1)
	case 3:
		e.Body = record.Matter{Act: record.MatterOpened, Title: strings.Repeat("t", record.MaxTitle)}
	}
	e.Kind = e.Body.Kind()
	return e
}

// The hundredth entry of the greatest size costs no more than the first did, as far as a shared
// machine lets one see: as many statements.
func TestCostOfHostileEntries(t *testing.T) {
	w := newWorld(t)
	for range 16 {
		w.us(say("read me"))
	}
	count := func(i int) int {
		e := biggest(int64(i), 16, i)
		if _, err := e.Encode(); err != nil {
			t.Fatal(err)
		}
		before := w.v.write.runs
		w.add(false, e)
		return w.v.write.runs - before
	}
	early := [4]int{}
	for i := range 400 {
		n := count(i)
		if i >= 40 && i < 80 {
			early[i%4] = max(early[i%4], n)
		}
		if i >= 80 && n > early[i%4] {
			t.Fatalf("entry %d needs %d statements, %d did before", i, n, early[i%4])
		}
		if n > 400 {
			t.Fatalf("entry %d needs %d statements", i, n)
		}
	}
	w.page(api.RecordQuery{})
}

func TestDamagedFileIsMadeAnew(t *testing.T) {
	for name, harm := range map[string]func(b []byte) []byte{
		"no database": func([]byte) []byte {
			return []byte("This is no database, though it is long enough to be looked at as one might be.")
		},
		"cut short":      func(b []byte) []byte { return b[:len(b)/2] },
		"empty":          func([]byte) []byte { return nil },
		"other format":   func(b []byte) []byte { binary.BigEndian.PutUint32(b[60:], format+1); return b },
		"another's file": func(b []byte) []byte { binary.BigEndian.PutUint32(b[68:], 1); return b },
	} {
		t.Run(name, func(t *testing.T) {
			file := temp(t)
			w := openWorld(t, file)
			w.v.Now = func() time.Time { return noon }
			w.story()
			want := w.picture()
			if err := w.v.Close(); err != nil {
				t.Fatal(err)
			}
			harmFile(t, file, harm)
			w.heal(file)
			if got := w.picture(); got != want {
				t.Error(difference(got, want))
			}
		})
	}
}

// heal does what the station does: opens, feeds what is missing, and opens again once when the
// view turns out to be damaged.
func (w *world) heal(file string) {
	w.t.Helper()
	for range 2 {
		w.open(file)
		w.v.Now = func() time.Time { return noon }
		own, far := w.v.Sizes()
		_, err1 := w.v.Add(true, w.logs[0][own:])
		_, err2 := w.v.Add(false, w.logs[1][far:])
		_, err3 := w.v.Page(api.RecordQuery{}, w.proofs, w.now)
		if err1 == nil && err2 == nil && err3 == nil {
			return
		}
		w.v.Close()
	}
	w.t.Error("a damaged view is damaged again")
}

// A text that is not as it was written is never shown.
func TestChangedText(t *testing.T) {
	file := temp(t)
	w := openWorld(t, file)
	k := w.us(say("pay 1000 to Ada"))
	w.v.Close()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE message SET text = 'pay 9000 to Ada'"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	w.open(file)
	if items, err := w.v.Items([]string{k}, w.proofs, w.now); err == nil {
		t.Fatalf("shown: %+v", items)
	}
	w.v.Close()
	w.heal(file)
	equal(t, "text", w.item(k).Text, "pay 1000 to Ada")
}

// A view of another record says so.
func TestAnotherRecord(t *testing.T) {
	w := newWorld(t)
	w.us(say("a"))
	if _, err := w.v.Add(true, []*record.Entry{{Header: record.Header{Kind: record.KindMessage, Time: 5}, Body: say("b")}}); !isDamage(err) {
		t.Errorf("%v: want damage", err)
	}
}

func TestMisdated(t *testing.T) {
	w := newWorld(t)
	w.us(say("ours"))
	for _, tt := range []struct {
		at   time.Duration
		want int64
	}{{0, 0}, {-clockSlack, 0}, {-time.Hour, -time.Hour.Milliseconds()}, {clockSlack, 0}, {time.Hour, time.Hour.Milliseconds()}} {
		sent := noon.Add(time.Second)
		if tt.at > 0 {
			sent = w.now.Add(time.Second)
		}
		i := w.item(w.them(say("theirs"), at(sent.Add(tt.at))))
		equal(t, fmt.Sprint("dated ", tt.at), i.MisdatedMS, tt.want)
	}
	i := w.item(w.us(say("ours"), at(w.now.Add(time.Hour))))
	equal(t, "our own", i.MisdatedMS, 0)
}

func TestClosed(t *testing.T) {
	for _, file := range []string{"", temp(t)} {
		w := openWorld(t, file)
		w.v.Close()
		if _, err := w.v.Page(api.RecordQuery{}, w.proofs, noon); err == nil {
			t.Error("a closed view has pages")
		}
		if _, err := w.v.Add(true, nil); err == nil {
			t.Error("a closed view takes entries")
		}
		if err := w.v.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
}
