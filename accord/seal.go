package accord

import (
	"crypto/hpke"
	"fmt"
)

// The suite that carries the pair secret from the second party to the first:
// X-Wing, HKDF-SHA256, AES-256-GCM. It is fixed.
const (
	onceKeySize = 1216 // ML-KEM-768 encapsulation key and X25519 public key
	sealedSize  = 1120 + SecretSize + 16
	encSize     = 1120 // ML-KEM-768 ciphertext and X25519 share
	sealedSuite = onceAlgorithm + " hkdf-sha256 aes-256-gcm"
)

// onceKey makes the one-time private key from its seed, which for X-Wing is the
// private key itself.
func onceKey(seed Secret) (hpke.PrivateKey, error) {
	b := seed.Bytes()
	k, err := hpke.MLKEM768X25519().NewPrivateKey(b[:])
	if err != nil {
		return nil, fmt.Errorf("accord: one-time key: %w", err)
	}
	return k, nil
}

// seal encapsulates secret to the one-time key of an invite. info and aad bind
// it to the invite and to the rest of the accept: moved elsewhere, it does not open.
func seal(secret Secret, once, info, aad []byte) ([]byte, error) {
	pk, err := hpke.MLKEM768X25519().NewPublicKey(once)
	if err != nil {
		return nil, fmt.Errorf("accord: one-time key of the invite: %w", err)
	}
	enc, s, err := hpke.NewSender(pk, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return nil, fmt.Errorf("accord: sealing the pair secret: %w", err)
	}
	b := secret.Bytes()
	ct, err := s.Seal(aad, b[:])
	if err != nil {
		return nil, fmt.Errorf("accord: sealing the pair secret: %w", err)
	}
	return append(enc, ct...), nil
}

// unseal is the other direction, at the first party. HPKE's base mode does not say who
// sealed; the second party's signatures over the sealed bytes do.
func unseal(seed Secret, sealed, info, aad []byte) (Secret, error) {
	wrong := func(cause error) error {
		return &Refusal{Thing: "pair secret in the accept file", Err: ErrChanged, Found: "one that does not open", Wanted: "one sealed to this invite", Cause: cause}
	}
	k, err := onceKey(seed)
	if err != nil {
		return Secret{}, err
	}
	r, err := hpke.NewRecipient(sealed[:encSize], k, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		return Secret{}, wrong(err)
	}
	b, err := r.Open(aad, sealed[encSize:])
	if err != nil || len(b) != SecretSize {
		return Secret{}, wrong(err)
	}
	return secretOf(b), nil
}
