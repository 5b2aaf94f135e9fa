package record

// A RightAct is what a side does with the right to call.
type RightAct uint8

// The acts.
const (
	RightSuspended RightAct = 1 + iota // no call passes, either way
	RightRestored                      // as far as its author is concerned
	rightActs
)

var rightActNames = [rightActs]string{"", "suspended", "restored"}

func (a RightAct) String() string { return nameOf("act", rightActNames[:], uint8(a)) }

// A Right says that its author's side suspends the right to call, or no longer does.
type Right struct {
	Act  RightAct
	Who  string // the person, if stated
	Text string // why; always said with RightSuspended
}

func (Right) Kind() Kind { return KindRight }

func (x Right) append(b []byte) []byte {
	return append(putSized(append(b, byte(x.Act)), x.Who, 1), x.Text...)
}

func readRight(r *reader) Right {
	return Right{Act: RightAct(r.byte("act")), Who: string(r.sized(1, MaxWho, "name")), Text: string(r.rest())}
}

func (x Right) check(*Header) error {
	least := 0
	switch x.Act {
	case RightSuspended:
		least = 1
	case RightRestored:
	default:
		return refuse(ErrMalformed, "right", x.Act.String(), "suspended or restored")
	}
	if err := line("right", x.Who, 0, MaxWho); err != nil {
		return err
	}
	return line("right", x.Text, least, MaxWhy)
}
