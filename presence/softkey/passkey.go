package softkey

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// A Passkey is a key by which a person logs in, in a browser: JSON in, JSON out, as
// navigator.credentials has it. It is found without naming its user.
type Passkey struct {
	Key
	Handle []byte // of the user; nil before Create
	Host   string // in place of the one that is asked for, if not empty
	Silent bool   // it does not count its uses
}

// NewPasskey makes a passkey in a browser that has a page of the origin open.
func NewPasskey(origin string) *Passkey {
	return &Passkey{Key: *New(rand.Text(), "", origin, false)}
}

type options struct {
	Challenge string
	RPID      string // to get
	RP        struct{ ID string }
	User      struct{ ID string }
}

var coding = base64.RawURLEncoding

func (k *Passkey) asked(text []byte) (o options, challenge []byte, err error) {
	if err = json.Unmarshal(text, &o); err == nil {
		challenge, err = coding.DecodeString(o.Challenge)
	}
	if err != nil {
		return o, nil, fmt.Errorf("softkey: options: %w", err)
	}
	if k.RPID = o.RPID + o.RP.ID; k.Host != "" {
		k.RPID = k.Host
	}
	return o, challenge, nil
}

// Create answers PublicKeyCredentialCreationOptions, as JSON on both sides.
func (k *Passkey) Create(text []byte) ([]byte, error) {
	o, challenge, err := k.asked(text)
	if err == nil {
		k.Handle, err = coding.DecodeString(o.User.ID)
	}
	if err != nil {
		return nil, err
	}
	client, object := k.Key.Create(challenge)
	return k.answer(map[string][]byte{"clientDataJSON": client, "attestationObject": object})
}

// Get answers PublicKeyCredentialRequestOptions, as JSON on both sides.
func (k *Passkey) Get(text []byte) ([]byte, error) {
	_, challenge, err := k.asked(text)
	if err != nil {
		return nil, err
	}
	if k.Silent {
		k.Counter = ^uint32(0) // one more is 0
	}
	data, client, signature := k.Key.Get(challenge)
	return k.answer(map[string][]byte{"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": k.Handle})
}

func (k *Passkey) answer(parts map[string][]byte) ([]byte, error) {
	response := make(map[string]string)
	for name, part := range parts {
		response[name] = coding.EncodeToString(part)
	}
	id := coding.EncodeToString(k.Credential)
	return json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": struct{}{}, "response": response})
}
