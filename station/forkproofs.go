package station

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"ringdown/api"
	"ringdown/disclose"
	"ringdown/record"
	"ringdown/replica"
)

// Ids of the proofs that one side signed two histories, as they are listed among the disclosures.
const (
	forkUs   = "fork-us"
	forkThem = "fork-them"
)

// forkFound keeps since when a proof is held.
const forkFound = "station/found/"

// forkOf is the proof of that id; nil if none is held.
func forkOf(st replica.Status, id string) *record.Fork {
	switch id {
	case forkUs:
		return st.ForkOwn
	case forkThem:
		return st.ForkFar
	}
	return nil
}

// noteForks notes when proofs were found. The consoles ask for the list again.
func (c *clerk) noteForks(now time.Time) {
	for _, id := range []string{forkUs, forkThem} {
		if _, noted := c.forks[id]; noted || forkOf(c.status, id) == nil {
			continue
		}
		found := now.UTC()
		text, err := c.st.Get(forkFound + id)
		if err == nil && (text == nil || found.UnmarshalText(text) != nil) {
			found = now.UTC()
			err = c.st.Set(map[string][]byte{forkFound + id: found.AppendFormat(nil, time.RFC3339Nano)})
		}
		if err != nil {
			c.s.log.Error("when a proof was found is not kept", "line", c.slug, "proof", id, "error", err)
		}
		c.forks[id], c.fresh.all = found, true
	}
}

// forkProofs lists the proofs that are held, as disclosures that are made.
func (k keeper) forkProofs() []api.Disclosure {
	list := []api.Disclosure{}
	for _, p := range []struct{ id, author string }{{forkThem, k.peer}, {forkUs, k.s.opt.Name}} {
		if forkOf(k.status, p.id) == nil {
			continue
		}
		d := api.Disclosure{ID: p.id, By: "us", State: "made", At: stamp(k.forks[p.id]), Rule: k.opt.Rule.String(),
			Shows: []string{"that " + p.author + " signed two histories of its log"}}
		if file, err := k.forkFile(p.id); err == nil { // otherwise whoever asks for it is told
			sum := sha256.Sum256(file)
			d.SHA256 = hex.EncodeToString(sum[:])
		}
		list = append(list, d)
	}
	return list
}

// forkFile makes the file of a proof.
func (k keeper) forkFile(id string) ([]byte, error) {
	first := k.e.opt.Line.First
	if id == forkThem {
		first = !first
	}
	return disclose.MakeFork(k.opt.Accord, first, forkOf(k.status, id))
}

// proofAction says how a proof is had.
func (c *clerk) proofAction(id string) string {
	return fmt.Sprintf(" The proof is among the disclosures: \"ringdown disclose %s --save %s --out FILE\" writes it, and whoever gets it checks it with \"ringdown verify FILE\".", c.slug, id)
}
