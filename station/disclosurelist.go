package station

import (
	"cmp"
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
		list = []api.Disclosure{}
		for _, in := range k.shows.list {
			list = append(list, k.disclosure(in))
		}
		theirs, err := k.theirs()
		list = append(list, theirs...)
		return err
	})
	return list, err
}

// theirs are the disclosures of the other side, as the record tells them.
func (k keeper) theirs() (list []api.Disclosure, err error) {
	r, err := k.current()
	if err != nil {
		return nil, err
	}
	state := make(map[string]string) // by the key of what was asked
	made := make(map[string]string)
	q := api.RecordQuery{Kinds: []string{"disclosure"}, Limit: 200}
	for more := true; more; more = q.Before != 0 && len(list) < mostIntents {
		p, err := r.view.Page(q, r.proofs(), k.s.opt.Now())
		if err != nil {
			return nil, err
		}
		for _, it := range p.Items { // the newest first: what answers before what is answered
			switch {
			case it.By == "us" && (it.Act == "consented" || it.Act == "refused"):
				asked := k.answered(it.Key)
				state[asked], made[it.Key] = it.Act, asked
			case it.By == "them" && it.Act == "made":
				if asked := k.answered(it.Key); asked != "" {
					state[asked] = "made"
				} else {
					list = append(list, k.their(it, "made"))
				}
			case it.By == "them" && it.Act == "asked":
				s := cmp.Or(state[it.Key], "asked")
				for consent, asked := range made {
					if asked == it.Key && state[consent] == "made" {
						s = "made"
					}
				}
				list = append(list, k.their(it, s))
			}
		}
		q.Before = p.Next
	}
	return list, nil
}

// answered is the key of the entry that an entry answers; empty if it answers none.
func (k keeper) answered(key string) string {
	own, n, ok := message.ParseKey(key)
	if !ok {
		return ""
	}
	e, err := k.rep.Entry(own, n)
	if err != nil {
		return ""
	}
	ref, answers := e.Has(record.Answers)
	if !answers {
		return ""
	}
	return message.Key(own != ref.Other, ref.Number)
}

func (k keeper) their(it api.Item, state string) api.Disclosure {
	d := api.Disclosure{ID: it.Key, Key: it.Key, By: "them", State: state, To: it.To, At: it.At, Rule: k.opt.Rule.String()}
	if _, n, ok := message.ParseKey(it.Key); ok {
		if e, err := k.rep.Entry(false, n); err == nil {
			if body, ok := e.Body.(record.Disclosure); ok {
				for _, r := range body.Ranges {
					d.Shows = append(d.Shows, shows(r.Other, r.First, r.Last, r.Bodies))
				}
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
		theirs, err := k.theirs()
		if err != nil {
			return err
		}
		for _, d := range theirs {
			if d.Key == a.Key && d.State != "asked" {
				return &api.Error{Code: "answered", Text: "This disclosure is " + d.State + " already.", Action: "Nothing is to be done."}
			}
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
