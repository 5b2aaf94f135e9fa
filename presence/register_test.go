package presence

import (
	"testing"

	"ringdown/accord"
	"ringdown/presence/softkey"
)

func registration() Registration {
	return Registration{Name: "A. Weber", RPID: testRP, Origins: []string{testOrigin}, Challenge: [32]byte{7}}
}

func TestRegister(t *testing.T) {
	for _, eddsa := range []bool{false, true} {
		for _, attestation := range []string{"none", "packed"} {
			soft := softkey.New("north", testRP, testOrigin, eddsa)
			soft.Attestation = attestation
			r := registration()
			client, made := soft.Create(r.Challenge[:])
			key, err := Register(r, client, made)
			if err != nil {
				t.Errorf("eddsa %v, %s: %v", eddsa, attestation, err)
				continue
			}
			want := accord.PrincipalKey{Name: r.Name, RPID: r.RPID, Origins: r.Origins, Credential: soft.Credential, PublicKey: soft.Public()}
			if !key.Equal(want) {
				t.Errorf("found %+v, want %+v", key, want)
			}
			if err := CheckKey(key); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRegisterRefused(t *testing.T) {
	type made struct {
		soft        *softkey.Key
		r           Registration
		client, att []byte
	}
	for want, spoil := range map[Reason]func(*made){
		Unreadable:     func(m *made) { m.att = m.att[:len(m.att)-1] },
		WrongType:      func(m *made) { m.soft.Type = "webauthn.get"; m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		WrongChallenge: func(m *made) { m.r.Challenge[0]++ },
		WrongOrigin:    func(m *made) { m.r.Origins = []string{"https://north.example"} },
		CrossOrigin:    func(m *made) { m.soft.CrossOrigin = true; m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		WrongDomain:    func(m *made) { m.r.RPID = "north.example" },
		NotTouched:     func(m *made) { m.soft.Flags = softkey.Verified; m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		NotVerified:    func(m *made) { m.soft.Flags = softkey.Touched; m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		Copyable: func(m *made) {
			m.soft.Flags |= softkey.BackupEligible
			m.client, m.att = m.soft.Create(m.r.Challenge[:])
		},
		NoCredential: func(m *made) { m.soft.Credential = []byte("short"); m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		WrongAlgorithm: func(m *made) {
			m.soft.COSE = []byte("\xa3\x01\x01\x03\x27\x20\x06")
			m.client, m.att = m.soft.Create(m.r.Challenge[:])
		},
		AttestationFormat: func(m *made) { m.soft.Attestation = "tpm"; m.client, m.att = m.soft.Create(m.r.Challenge[:]) },
		WrongAttestation: func(m *made) {
			m.soft.Attestation = "packed"
			_, m.att = m.soft.Create(m.r.Challenge[:])
			m.client = append(m.client[:len(m.client)-1], `,"more":1}`...)
		},
	} {
		t.Run(want.String(), func(t *testing.T) {
			m := &made{soft: softkey.New("north", testRP, testOrigin, false), r: registration()}
			m.client, m.att = m.soft.Create(m.r.Challenge[:])
			spoil(m)
			_, err := Register(m.r, m.client, m.att)
			wantReason(t, err, want)
		})
	}
}

func TestKeysOfOtherForms(t *testing.T) {
	p256 := softkey.New("north", testRP, testOrigin, false).Public()
	off := append([]byte{}, p256...)
	off[20]++ // off the curve
	for name, cose := range map[string][]byte{"empty": nil, "longer": append(append([]byte{}, p256...), 0), "off the curve": off, "P-384": append([]byte("\xa5\x01\x02\x03\x38\x22"), p256[5:]...)} {
		if err := CheckKey(accord.PrincipalKey{PublicKey: cose}); err == nil {
			t.Errorf("%s: %x is taken", name, cose)
		}
	}
}
