package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/mldsa"

	"ringdown/api"
	"ringdown/console"
	"ringdown/record"
	"ringdown/station"
	"ringdown/store"
	"ringdown/wire"
)

// A logKeys is one side's keys of the record.
type logKeys struct {
	log, cosign ed25519.PrivateKey
	pq          *mldsa.PrivateKey
}

// newLogKeys makes keys from a name. They guard nothing here.
func newLogKeys(name string) (k logKeys, err error) {
	seed := func(what string) []byte { h := sha256.Sum256([]byte(name + what)); return h[:] }
	k.log, k.cosign = ed25519.NewKeyFromSeed(seed("log")), ed25519.NewKeyFromSeed(seed("cosign"))
	k.pq, err = mldsa.NewPrivateKey(mldsa.MLDSA44(), seed("pq"))
	return k, err
}

func (k logKeys) party(accord [32]byte, first bool) *record.Party {
	return &record.Party{Origin: record.Origin(accord, first), Log: k.log.Public().(ed25519.PublicKey),
		Cosign: k.cosign.Public().(ed25519.PublicKey), CosignPQ: k.pq.PublicKey()}
}

func signer(k ed25519.PrivateKey) record.Signer {
	return func(msg []byte) ([]byte, error) { return ed25519.Sign(k, msg), nil }
}

func (k logKeys) signPQ(msg []byte) ([]byte, error) { return k.pq.Sign(nil, msg, nil) }

// names of the two sides, by which their keys are made.
var names = map[bool]string{true: "first", false: "second"}

// records are the options of a line's record at one end; nil if none is kept.
func (r *rig) records(first bool, accord [32]byte) (*station.RecordOptions, error) {
	dir := r.folders[0]
	if !first {
		dir = r.folders[1]
	}
	if dir == "" {
		return nil, nil
	}
	own, err := newLogKeys(names[first])
	if err != nil {
		return nil, err
	}
	far, err := newLogKeys(names[!first])
	if err != nil {
		return nil, err
	}
	return &station.RecordOptions{Own: own.party(accord, first), Far: far.party(accord, !first), Rule: record.RuleFree, Dir: dir,
		Sign: signer(own.log), Cosign: signer(own.cosign), CosignPQ: own.signPQ}, nil
}

// measureRecord writes messages one by one, then without a pause, over a line whose record is kept on disk.
func measureRecord(ctx context.Context, opt Options, r *Result) (err error) {
	dir, err := os.MkdirTemp("", "ringdown-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	rig, err := newRig()
	if err != nil {
		return err
	}
	var text sustained
	err = func() (err error) {
		defer func() { err = errors.Join(err, rig.close()) }()
		for i, name := range []string{"first", "second"} {
			if rig.folders[i] = filepath.Join(dir, name); os.Mkdir(rig.folders[i], 0o700) != nil {
				return fmt.Errorf("bench: %s cannot be made", rig.folders[i])
			}
		}
		if err := rig.add(1); err != nil {
			return err
		}
		text, err = rig.write(ctx, opt, r)
		return err
	}()
	if err != nil {
		return err
	}
	bytes, err := entryBytes(filepath.Join(rig.folders[0], "line-record.db"), text.from, text.to)
	r.Text = float64(bytes) / text.took.Seconds()
	r.TextRoom = float64(wire.Standard.Body()-wire.DataOverhead) / wire.Standard.Tick.Seconds()
	return err
}

func (r *rig) write(ctx context.Context, opt Options, res *Result) (text sustained, err error) {
	if err := r.open(ctx, 20*time.Second); err != nil {
		return text, err
	}
	rec, err := r.first.Record(benchLine)
	if err != nil {
		return text, err
	}
	near, err := newPhone(reloader{r.first})
	if err != nil {
		return text, err
	}
	ctx, cancel := context.WithTimeout(ctx, opt.Text+time.Duration(opt.Messages)*time.Second+30*time.Second)
	defer cancel()
	var took []time.Duration
	for i := range opt.Messages {
		d, err := r.deliverOne(ctx, rec, near, fmt.Sprint("message ", i))
		if err != nil {
			return text, err
		}
		took = append(took, d)
	}
	res.Delivered = spreadOf(took)
	return r.writeOn(ctx, rec, opt.Text)
}

// deliverOne writes a message at any instant of the tick, and waits until it is shown as delivered.
func (r *rig) deliverOne(ctx context.Context, rec console.Record, near *phone, text string) (time.Duration, error) {
	if err := pause(ctx, 200*time.Millisecond+rand.N(40*time.Millisecond)); err != nil {
		return 0, err
	}
	written := time.Now()
	if _, err := rec.Send(ctx, api.NewMessage{Text: text}); err != nil {
		return 0, err
	}
	err := near.until(ctx, "delivery", func(e api.Event) bool {
		for _, it := range e.Items {
			if it.Text == text && it.Ladder != nil && it.Ladder.Stage == api.StageDelivered {
				return true
			}
		}
		return false
	})
	took := time.Since(written)
	if rtt := r.first.Status().Lines[0].RTTms; rtt != nil {
		took -= time.Duration(*rtt * float64(time.Millisecond))
	}
	return took, err
}

// A sustained is how much was delivered in some time: entries of the first side's log.
type sustained struct {
	from, to int64
	took     time.Duration
}

// writeOn writes messages of 200 bytes without a pause, so that some always wait. Delivery comes in steps, of a
// message between the stations each, so it is measured from one step to another, at least length later.
func (r *rig) writeOn(ctx context.Context, rec console.Record, length time.Duration) (s sustained, err error) {
	const ahead = 600 // messages: ten seconds' worth
	text := strings.Repeat("a message of ", 16)
	begin := r.state().Own.Classical
	var sent int64
	var since time.Time // of the first step
	for last := begin; ; {
		switch now := r.state().Own.Classical; {
		case now == last:
		case since.IsZero() && now-begin > 10: // not the first of all, which did not wait
			since, s.from, last = time.Now(), now, now
		case !since.IsZero() && time.Since(since) >= length:
			s.to, s.took = now, time.Since(since)
			return s, nil
		default:
			last = now
		}
		if sent-(last-begin) >= ahead {
			if err := pause(ctx, 5*time.Millisecond); err != nil {
				return s, err
			}
			continue
		}
		if _, err := rec.Send(ctx, api.NewMessage{Text: text}); err != nil {
			return s, err
		}
		sent++
	}
}

func (r *rig) state() (st api.RecordState) {
	if l := r.first.Status().Lines[0]; l.Record != nil {
		st = *l.Record
	}
	return st
}

// entryBytes is the length of some entries of a station's own log. The station does not run any more.
func entryBytes(file string, from, to int64) (bytes int64, err error) {
	st, err := store.Open(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for from < to {
		list, err := st.Entries(store.Own, from, int(min(to-from, 1000)), 1<<20)
		if err != nil {
			return 0, err
		}
		for _, e := range list {
			bytes += int64(len(e))
		}
		from += int64(len(list))
	}
	return bytes, nil
}
