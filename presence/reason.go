package presence

// A Reason says why a claim is refused, or a key is not registered. Its text stands in the record, so both sides
// read the same.
type Reason uint8

// Reasons to refuse a claim before the assertion in it is looked at: what it says of itself.
const (
	NonceUnknown Reason = 1 + iota
	NonceUsed
	NonceLate
	NoncePutAside
	OtherCall
	CallOver
	OtherDirection
	OtherRun
	OtherKey
	OtherRole
	DrillMark
	KeyUnknown
	KeyGone
	KeyUnfit
)

// Reasons that lie in the assertion.
const (
	Unreadable Reason = 32 + iota
	WrongType
	SignedOtherCall
	SignedOtherDirection
	SignedOtherNonce
	SignedOther
	WrongOrigin
	CrossOrigin
	WrongDomain
	NotTouched
	NotVerified
	Copyable
	WrongSignature
)

// Reasons that only a registration has.
const (
	WrongChallenge Reason = 64 + iota
	NoCredential
	WrongAlgorithm
	AttestationFormat
	WrongAttestation
)

var reasonTexts = map[Reason]string{
	NonceUnknown:   "its nonce was not given out for it",
	NonceUsed:      "its nonce was used before",
	NonceLate:      "it came more than 60 seconds after its nonce was given out",
	NoncePutAside:  "too many newer nonces were asked for since its own",
	OtherCall:      "its nonce was given out for another call",
	CallOver:       "the call is over",
	OtherDirection: "it was made for the other direction",
	OtherRun:       "it was made for another run of the stations",
	OtherKey:       "its nonce was given out for another key",
	OtherRole:      "it is not made as the principal",
	DrillMark:      "it takes a drill for a call, or a call for a drill",
	KeyUnknown:     "the accord names no such key of that side",
	KeyGone:        "its key was replaced or removed since it was asked for",
	KeyUnfit:       "the key that the accord names is of no kind that is accepted",

	Unreadable:           "the assertion cannot be read",
	WrongType:            "the key did something else than prove presence",
	SignedOtherCall:      "the key signed for another call",
	SignedOtherDirection: "the key signed for the other direction",
	SignedOtherNonce:     "the key signed over another nonce of this call",
	SignedOther:          "the key signed something else",
	WrongOrigin:          "the key was asked by a page that the accord does not name",
	CrossOrigin:          "the key was asked by a page within another page",
	WrongDomain:          "the key was asked for another domain than the accord names",
	NotTouched:           "nobody touched the key",
	NotVerified:          "the key did not check who touched it",
	Copyable:             "the key is one that can be copied",
	WrongSignature:       "the signature is not by the key that the accord names",

	WrongChallenge:    "the key answered another request",
	NoCredential:      "the key made no credential that can be registered",
	WrongAlgorithm:    "the key signs with neither ES256 nor EdDSA",
	AttestationFormat: "the key's attestation is neither \"none\" nor \"packed\"",
	WrongAttestation:  "the key's attestation does not hold",
}

func (r Reason) String() string {
	if text, ok := reasonTexts[r]; ok {
		return text
	}
	return "no reason"
}

// A Refusal is the error of a claim or a registration that does not hold.
type Refusal struct{ Reason Reason }

func (r *Refusal) Error() string { return "presence: refused: " + r.Reason.String() }

func refuse(r Reason) error { return &Refusal{r} }
