package wire

import "encoding/binary"

// flightOverhead is the level and the length before the bytes of a flight.
const flightOverhead = 3

// MaxFlight is the most bytes of one flight.
const MaxFlight = MaxHandshake - flightOverhead

// The levels of a flight, as crypto/tls numbers its QUICEncryptionLevel. There
// is no early data, so level 1 is refused.
const (
	LevelInitial     = 0
	LevelHandshake   = 2
	LevelApplication = 3
)

// AppendFlight appends to a handshake stream what TLS wants sent at a level. The
// flight has 1 to MaxFlight bytes.
func AppendFlight(stream []byte, level uint8, flight []byte) []byte {
	stream = append(stream, level)
	stream = binary.BigEndian.AppendUint16(stream, uint16(len(flight)))
	return append(stream, flight...)
}

// NextFlight takes the first flight off what has been received of a handshake
// stream. While it is not all there, flight is nil and rest is stream.
func NextFlight(stream []byte) (level uint8, flight, rest []byte, err error) {
	if len(stream) < flightOverhead {
		return 0, nil, stream, nil
	}
	level, n := stream[0], int(binary.BigEndian.Uint16(stream[1:]))
	if level != LevelInitial && level != LevelHandshake && level != LevelApplication {
		return 0, nil, stream, malformed("handshake stream", 0, "level", int(level), "0, 2 or 3")
	}
	if n == 0 || n > MaxFlight {
		return 0, nil, stream, malformed("handshake stream", 1, "length of a flight", n, "1 to 16381")
	}
	if len(stream) < flightOverhead+n {
		return 0, nil, stream, nil
	}
	end := flightOverhead + n
	return level, stream[flightOverhead:end:end], stream[end:], nil
}
