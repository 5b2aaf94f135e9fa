package station

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"

	"ringdown/accord"
	"ringdown/record"
)

// recordOptions makes those of a line from its accord and the station's keys.
func recordOptions(dir string, l *accord.Line, keys *accord.KeySet) (*RecordOptions, error) {
	own, err := party(l.Accord, l.First)
	if err != nil {
		return nil, err
	}
	far, err := party(l.Accord, !l.First)
	if err != nil {
		return nil, err
	}
	pq := keys.CosignPQKey()
	return &RecordOptions{
		Own: own, Far: far, Rule: rules[l.Accord.Terms().Disclosure], Accord: l.Accord.Sections(), Parties: [2]string{l.Accord.Party(true).Name.String(), l.Accord.Party(false).Name.String()},
		Dir:  filepath.Join(dir, "lines", l.Slug),
		Sign: signer(keys.LogKey()), Cosign: signer(keys.CosignKey()),
		CosignPQ: func(msg []byte) ([]byte, error) { return pq.Sign(nil, msg, nil) },
	}, nil
}

func signer(key ed25519.PrivateKey) record.Signer {
	return func(msg []byte) ([]byte, error) { return ed25519.Sign(key, msg), nil }
}

// party is one side of an accord as the record knows it.
func party(a *accord.Accord, first bool) (*record.Party, error) {
	keys := a.Party(first).Keys
	pq, err := keys.CosignPQ()
	if err != nil {
		return nil, fmt.Errorf("station: the accord's %s key: %w", accord.RoleCosignPQ, err)
	}
	return &record.Party{Origin: record.Origin(a.Digest(), first), Log: keys.Log(), Cosign: keys.Cosign(), CosignPQ: pq}, nil
}

var rules = map[accord.Disclosure]record.Rule{
	accord.DisclosureFree:    record.RuleFree,
	accord.DisclosureTold:    record.RuleTold,
	accord.DisclosureConsent: record.RuleConsent,
}
