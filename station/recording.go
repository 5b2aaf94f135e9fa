package station

import (
	"fmt"

	"ringdown/accord"
	"ringdown/api"
	"ringdown/line"
)

// recording is the part of a line that sees to its record. The loop owns it.
type recording struct {
	clerk   *clerk // nil: no record is kept
	session uint64 // of the line: counts on when it opens and when the other side was restarted

	noted   noted
	watched [accord.MaxPaths + 1]watched // 0 is the line

	record        *api.RecordState // as the clerk last said
	recordNotices []api.Notice
}

// firstRecordKind is the first kind of message that belongs to the record; those below are the
// accord's.
const firstRecordKind = 16

func (e *lineEnd) recordUp() {
	if e.session++; e.clerk != nil {
		e.clerk.lineUp(e.session)
	}
}

func (e *lineEnd) recordDown() {
	if e.clerk != nil {
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
	e.clerk.farMessage(st, append([]byte(nil), msg...))
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
