package station

import (
	"fmt"
	"time"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/line"
)

// recording is the part of a line that sees to its record. The loop owns it.
type recording struct {
	clerk   *clerk // nil: no record is kept
	session uint64 // of the line: counts on when it opens and when the other side was restarted

	early []early // of the other side, heard before the line counted as open here

	opened  time.Time                    // when the line first opened since the station started; zero: not yet
	noted   []noted                      // of the newest calls
	bells   time.Time                    // when it is entered at how many consoles the call rings; zero: nothing is new
	watched [accord.MaxPaths + 1]watched // 0 is the line

	record        *api.RecordState // as the clerk last said
	recordNotices []api.Notice
}

// firstRecordKind is the first kind of message that belongs to the record; those below are the
// accord's.
const firstRecordKind = 16

// An early message comes with the datagram that opens the line, or shortly before it.
type early struct {
	stream line.Stream
	msg    []byte
}

// mostEarly is how many of them are kept. If one is lost the other side says it again.
const mostEarly = 16

func (e *lineEnd) recordUp() {
	e.session++
	if e.clerk == nil {
		return
	}
	e.clerk.lineUp(e.session)
	for _, m := range e.early {
		e.clerk.farMessage(m.stream, m.msg)
	}
	e.early = nil
}

func (e *lineEnd) recordDown() {
	if e.early = nil; e.clerk != nil {
		e.clerk.lineDown()
	}
}

func (e *lineEnd) recordRestarted() {
	if e.session++; e.clerk != nil {
		e.clerk.farRestarted(e.session)
	}
}

// farRecord takes a message that is for the record. It reports false if it is for nobody here.
func (e *lineEnd) farRecord(st line.Stream, msg []byte) bool {
	if e.clerk == nil || len(msg) == 0 || st == line.StreamEntries && msg[0] < firstRecordKind {
		return false
	}
	msg = append([]byte(nil), msg...)
	if e.up {
		e.clerk.farMessage(st, msg)
	} else if len(e.early) < mostEarly {
		e.early = append(e.early, early{st, msg})
	}
	return true
}

// shown says that messages stand on this console's screen. That counts only of a console that is ready.
func (st *seat) shown(e *lineEnd, keys []string) error {
	switch {
	case !st.ready:
		return &api.Error{Code: "not-ready", Text: "Only a ready console shows messages for certain.", Action: "Make this console ready."}
	case e.clerk == nil:
		return &api.Error{Code: "no-record", Text: fmt.Sprintf("No record is kept of the line with %s.", e.opt.Peer), Action: "Restart the station."}
	}
	k := keeper{e.clerk}
	k.must(func() {
		if err := k.receipt(keys, shownReceipt); err != nil {
			k.s.log.Warn("a message's receipt was not written", "line", k.slug, "error", err)
		}
	})
	return nil
}
