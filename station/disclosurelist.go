package station

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"ringdown/api"
	"ringdown/message"
	"ringdown/record"
	"ringdown/replica"
)

// Disclosures lists ours and what the other side asks.
func (k keeper) Disclosures(ctx context.Context) (list []api.Disclosure, err error) {
	err = k.ask(ctx, func() error {
		list = k.forkProofs()
		for _, in := range k.shows.list {
			list = append(list, k.disclosure(in))
		}
		theirs, err := k.theirs()
		list = append(list, theirs...)
		return err
	})
	return list, err
}

// theirs are the newest disclosures of the other side, as the record tells them.
func (k keeper) theirs() (list []api.Disclosure, err error) {
	r, err := k.current()
	if err != nil {
		return nil, err
	}
	found, err := r.view.Disclosures(mostIntents)
	for _, d := range found {
		list = append(list, k.their(d))
	}
	return list, err
}

func (k keeper) their(t message.Disclosure) api.Disclosure {
	key := message.Key(false, t.Number)
	d := api.Disclosure{ID: key, Key: key, By: "them", State: t.State.String(), To: t.To, At: t.At, Rule: k.opt.Rule.String()}
	if e, err := k.rep.Entry(false, t.Number); err == nil {
		if body, ok := e.Body.(record.Disclosure); ok {
			for _, r := range body.Ranges {
				d.Shows = append(d.Shows, shows(r.Other, r.First, r.Last, r.Bodies))
			}
		}
	}
	return d
}

// AnswerDisclosure agrees to what the other side asks, or refuses it.
func (k keeper) AnswerDisclosure(ctx context.Context, a api.DisclosureAnswer) (w api.Written, err error) {
	err = k.ask(ctx, func() error {
		own, n, ok := message.ParseKey(a.Key)
		if !ok || own {
			return noSuchEntry(a.Key)
		}
		e, err := k.rep.Entry(false, n)
		if err != nil {
			return noSuchEntry(a.Key)
		}
		if body, ok := e.Body.(record.Disclosure); !ok || body.Act != record.DisclosureAsked {
			return &api.Error{Code: "not-asked", Text: a.Key + " does not ask for a disclosure.", Action: "Take the key of an entry that asks."}
		}
		d, found, err := k.view.Disclosure(n)
		if err != nil {
			return err
		}
		if found && d.State != record.DisclosureAsked {
			return &api.Error{Code: "answered", Text: "This disclosure is " + d.State.String() + " already.", Action: "Nothing is to be done."}
		}
		if k.answerWaits(n) {
			return &api.Error{Code: "answered", Text: "An answer to this disclosure waits for the line already.", Action: "Nothing is to be done."}
		}
		act := record.DisclosureRefused
		if a.Consent {
			act = record.DisclosureConsented
		}
		w, err = k.put(replica.Draft{Time: k.s.opt.Now(), Body: record.Disclosure{Act: act},
			About: []record.Ref{{Relation: record.Answers, Other: true, Number: n}}})
		return err
	})
	return w, err
}

// answerWaits reports whether an answer to a disclosure of theirs waits for its number.
func (c *clerk) answerWaits(asked int64) bool {
	return slices.ContainsFunc(c.rep.Status().Waiting, func(w replica.Waiting) bool {
		_, is := w.Draft.Body.(record.Disclosure)
		return is && slices.Contains(w.Draft.About, record.Ref{Relation: record.Answers, Other: true, Number: asked})
	})
}

// DisclosureFile gives the file of a disclosure of ours that is made.
func (k keeper) DisclosureFile(ctx context.Context, id string) (file []byte, err error) {
	err = k.ask(ctx, func() error {
		if forkOf(k.status, id) != nil {
			file, err = k.forkFile(id)
			return err
		}
		i := slices.IndexFunc(k.shows.list, func(in *intent) bool { return in.ID == id })
		if i < 0 {
			return &api.Error{Code: "no-such-disclosure", Text: fmt.Sprintf("There is no disclosure %q of this line.", id), Action: "Take the id from the list of disclosures."}
		}
		if in := k.shows.list[i]; in.State != "made" {
			return &api.Error{Code: "not-made", Text: "The disclosure is " + in.State + ".", Action: "Wait until it is made; the list says how it stands."}
		}
		file, err = os.ReadFile(filepath.Join(k.opt.Dir, disclosuresDir, id+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			return &api.Error{Code: "moved", Text: "The file of this disclosure is not in line-disclosures any more.", Action: "Make the disclosure again."}
		}
		return err
	})
	return file, err
}
