package line

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// version is the line protocol's, the first byte of the parameters.
const version = 1

// maxFinal bounds the final signature: an Ed25519 and an ML-DSA-44 signature fit.
const maxFinal = 2560

const paramsSize = 1 + 32 + 8 + 2 // without the final signature

// parameters are what a station says inside the TLS handshake, where QUIC has its
// transport parameters: 43 bytes and the final signature. There is one encoding.
//
//	1   version: 1
//	32  digest of the accord
//	8   incarnation of the sender, big-endian
//	2   length of the final signature, big-endian; 0 from the second party
//	n   final signature
type parameters struct {
	digest      [32]byte
	incarnation uint64
	final       []byte
}

// errVersion is the one fault of parameters that may be nobody's: a newer program.
var errVersion = errors.New("line: parameters: another version")

func (p *parameters) encode() []byte {
	b := make([]byte, 0, paramsSize+len(p.final))
	b = append(b, version)
	b = append(b, p.digest[:]...)
	b = binary.BigEndian.AppendUint64(b, p.incarnation)
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.final)))
	return append(b, p.final...)
}

// parseParameters decodes b, which it does not retain. A final signature is
// refused unless the sender is the first party.
func parseParameters(b []byte, first bool) (parameters, error) {
	if len(b) > 0 && b[0] != version {
		return parameters{}, fmt.Errorf("%w: %d, want %d", errVersion, b[0], version)
	}
	if len(b) < paramsSize {
		return parameters{}, fmt.Errorf("line: parameters: %d bytes, want at least %d", len(b), paramsSize)
	}
	p := parameters{
		digest:      [32]byte(b[1:33]),
		incarnation: binary.BigEndian.Uint64(b[33:41]),
	}
	n := int(binary.BigEndian.Uint16(b[41:43]))
	switch {
	case n != len(b)-paramsSize:
		return parameters{}, fmt.Errorf("line: parameters: final signature of %d bytes in %d, want all that is left", n, len(b)-paramsSize)
	case n > maxFinal:
		return parameters{}, fmt.Errorf("line: parameters: final signature of %d bytes, want at most %d", n, maxFinal)
	case n > 0 && !first:
		return parameters{}, fmt.Errorf("line: parameters: final signature of %d bytes from the second party, want none", n)
	case p.incarnation == 0:
		return parameters{}, errors.New("line: parameters: incarnation 0, want one that is not")
	}
	if n > 0 {
		p.final = append([]byte(nil), b[paramsSize:]...)
	}
	return p, nil
}
