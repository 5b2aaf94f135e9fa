package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringdown/accord"
	"ringdown/record"
	"ringdown/replica"
	"ringdown/station"
	"ringdown/store"
)

// A past is a station's folder with a line whose record is long. The other side's folder has the keys that it
// took to make it, and nothing else.
type past struct {
	dir  string
	slug string // of the line
}

// newPast makes the folder, and has both sides write to each other until this one holds n entries.
func newPast(ctx context.Context, dir string, n int) (p *past, err error) {
	rounds := (n + 2*record.MaxBatch - 1) / (2 * record.MaxBatch)
	verifying := time.Duration(3*n/64+200) * scrubbing
	now := time.Now().Add(-time.Duration(rounds)*roundTime - verifying)
	own, far, err := agree(now, dir)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	own.far, far.far = far, own
	kept, err := store.Open(filepath.Join(own.opt.Dir, station.RecordFile))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	if err := errors.Join(own.open(now, kept), far.open(now, store.NewMemory())); err != nil {
		return nil, err
	}
	own.rep.LineUp(now)
	far.rep.LineUp(now)
	if err := exchange(now, own, far); err != nil {
		return nil, err
	}
	for round := range rounds {
		for _, d := range []*desk{own, far} {
			if err := errors.Join(ctx.Err(), d.write(now, round, &n)); err != nil {
				return nil, err
			}
		}
		now = now.Add(roundTime)
	}
	for end := now.Add(verifying); now.Before(end); now = now.Add(scrubbing) {
		own.rep.Advance(now)
	}
	err = exchange(now, own, far)
	return &past{own.dir, own.slug}, errors.Join(err, own.rep.Close(), far.rep.Close(), own.fail, far.fail)
}

const (
	// roundTime is between two batches of a side.
	roundTime = 20 * time.Second

	// scrubbing is how often a replica goes on verifying, in the background, what was written: a station that
	// has run for a while has done so.
	scrubbing = 101 * time.Millisecond

	// askEvery is after how many batches a disclosure is asked for.
	askEvery = 64
)

// agree makes two stations' folders in dir and the accord between them, as two operators would.
func agree(now time.Time, dir string) (first, second *desk, err error) {
	first, second = &desk{dir: filepath.Join(dir, "first")}, &desk{dir: filepath.Join(dir, "second")}
	var homes [2]*accord.Home
	for i, d := range []*desk{first, second} {
		if homes[i], err = accord.Init(now, d.dir, filepath.Base(d.dir)); err != nil {
			return nil, nil, err
		}
	}
	invite := accord.InviteOptions{For: "second"}
	ends := make(map[uint8]accord.Endpoint)
	for n := range uint8(2) {
		here, err := freePort()
		if err != nil {
			return nil, nil, err
		}
		there, err := freePort()
		if err != nil {
			return nil, nil, err
		}
		invite.Paths = append(invite.Paths, accord.OwnPath{Number: n + 1, Name: fmt.Sprint("path ", n+1), End: accord.Endpoint{Address: accord.Address(here.String())}})
		ends[n+1] = accord.Endpoint{Address: accord.Address(there.String())}
	}
	file, _, err := homes[0].Invite(now, invite)
	if err != nil {
		return nil, nil, err
	}
	accept, atSecond, err := homes[1].Accept(now, file, accord.AcceptOptions{Ends: ends})
	if err != nil {
		return nil, nil, err
	}
	atFirst, err := homes[0].Conclude(now, accept)
	if err != nil {
		return nil, nil, err
	}
	words := atFirst.Accord.Words()
	if atFirst, err = homes[0].Confirm(now, atFirst.Slug, strings.Join(words[:], " ")); err != nil {
		return nil, nil, err
	}
	err = os.WriteFile(filepath.Join(first.dir, station.ConfigFile), []byte("[console]\nlisten = \"localhost:0\"\n"), 0o600)
	return first, second, errors.Join(err, first.keep(homes[0], atFirst), second.keep(homes[1], atSecond))
}

// A desk is one side while a past is written.
type desk struct {
	dir   string // of the station
	slug  string
	first bool
	opt   *station.RecordOptions
	begin record.AccordChange // of the log
	rep   *replica.Replica
	far   *desk
	fail  error
	post  []posted // to the other side

	said [2]int64 // its newest messages: from which number, to before which

	// Numbers of its newest entries that the other side answers; 0: none.
	test, readBack, asked int64
}

// A posted is a message on its way, on the stream of bulk or of entries.
type posted struct {
	bulk bool
	msg  []byte
}

func (d *desk) keep(home *accord.Home, l *accord.Line) (err error) {
	d.slug, d.first = l.Slug, l.First
	d.opt, err = station.RecordOptionsOf(d.dir, l, home.Keys())
	d.begin = record.AccordChange{Digest: l.Accord.Digest(), Rule: d.opt.Rule}
	return err
}

func (d *desk) open(now time.Time, st store.Store) (err error) {
	d.rep, err = replica.Open(replica.Config{Own: d.opt.Own, Far: d.opt.Far, Sign: d.opt.Sign, Cosign: d.opt.Cosign, CosignPQ: d.opt.CosignPQ, Store: st, Hooks: d}, now)
	return err
}

func (d *desk) Send(bulk bool, msg []byte)         { d.post = append(d.post, posted{bulk, msg}) }
func (d *desk) Added(bool, int64, []*record.Entry) {}
func (d *desk) Changed()                           {}
func (d *desk) File([32]byte, []byte) error        { return nil }
func (d *desk) OpenFile([32]byte) ([]byte, error)  { return nil, fs.ErrNotExist }
func (d *desk) Alarm(about, text, _ string) {
	if text != "" && d.fail == nil {
		d.fail = fmt.Errorf("bench: %s: %s", about, text)
	}
}

// write has the desk write its batch of a round, or what is left to be written.
func (d *desk) write(now time.Time, round int, left *int) error {
	list := d.batch(now, round)
	list = list[:min(*left, len(list))]
	*left -= len(list)
	if _, err := d.rep.Write(now, list...); err != nil {
		return err
	}
	return exchange(now, d, d.far)
}

// batch is what a watch leaves behind: everything of the other side marked read, a call, a test of the line, now and then
// a disclosure, and messages, each with a word of its own.
func (d *desk) batch(now time.Time, round int) (list []replica.Draft) {
	next := d.rep.Status().Own.Size
	add := func(b record.Body, answers ...int64) (number int64) {
		draft := replica.Draft{Time: now, Body: b}
		for _, n := range answers {
			draft.About = append(draft.About, record.Ref{Relation: record.Answers, Other: true, Number: n})
		}
		if b.Kind() == record.KindCall {
			binary.BigEndian.PutUint64(draft.Call[:], uint64(round)+1)
		}
		list = append(list, draft)
		return next + int64(len(list)) - 1
	}
	if next == 0 {
		add(d.begin)
	}
	for n := d.far.said[0]; n < d.far.said[1]; n += record.MaxAbout {
		var read []int64
		for i := n; i < min(n+record.MaxAbout, d.far.said[1]); i++ {
			read = append(read, i)
		}
		add(record.Receipt{Rung: record.Read, Who: "Dora Quist"}, read...)
	}
	if d.first {
		d.calls(add)
	} else {
		d.answers(add, round)
	}
	d.said = [2]int64{next + int64(len(list)), next + record.MaxBatch}
	for n := d.said[0]; n < d.said[1]; n++ {
		add(record.Message{Text: fmt.Sprintf("message %s of the watch about the weather at the pass and the convoy that waits there", wordOf(d.first, n))})
	}
	return list
}

// wordOf is a word that one message alone has.
func wordOf(first bool, number int64) string { return fmt.Sprintf("%s%08d", names[first], number) }

// calls is a call by the first side, its test of the line, and its consent to a disclosure.
func (d *desk) calls(add func(record.Body, ...int64) int64) {
	add(record.CallStep{Step: record.StepCalled, Who: "Ann Lund"})
	add(record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByAuthor, Who: "Ann Lund"})
	if d.far.readBack != 0 {
		add(record.Test{Act: record.TestPassed, Who: "Ann Lund"}, d.far.readBack)
	}
	d.test = add(record.Test{Act: record.TestAsked, Text: "amber seven"})
	if d.far.asked != 0 {
		add(record.Disclosure{Act: record.DisclosureConsented}, d.far.asked)
	}
}

// answers is what the second side has to say to it.
func (d *desk) answers(add func(record.Body, ...int64) int64, round int) {
	add(record.CallStep{Step: record.StepReached, Count: 2})
	add(record.CallStep{Step: record.StepRinging, Count: 2})
	add(record.CallStep{Step: record.StepAnswered, Who: "Dora Quist"})
	add(record.CallStep{Step: record.StepEnded, Reason: record.HungUp, By: record.ByOther, Who: "Dora Quist"})
	d.readBack = add(record.Test{Act: record.TestReadBack, Who: "Dora Quist", Text: "amber seven"}, d.far.test)
	if d.asked = 0; round%askEvery == 0 {
		d.asked = add(record.Disclosure{Act: record.DisclosureAsked, Ranges: []record.Range{{First: 0, Last: 0, Bodies: true}}, To: "the court"})
	}
}

// exchange carries messages until nobody has more to say.
func exchange(now time.Time, desks ...*desk) error {
	for _, d := range desks {
		d.rep.Advance(now)
	}
	for busy := true; busy; {
		busy = false
		for _, d := range desks {
			post := d.post
			d.post = nil
			for _, p := range post {
				busy = true
				if err := d.far.rep.FarMessage(now, p.bulk, p.msg); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
