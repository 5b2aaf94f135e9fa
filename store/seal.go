package store

import (
	"encoding/binary"
	"hash/crc32"
)

// What is stored is sealed: after its bytes come four of CRC-32C, over what it is
// (table and number or key) and the bytes. So a flipped bit, and a row under a wrong number,
// are seen when they are read. It is no protection from people: the tree is.
const sealSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal appends the seal of b's bytes, which are a table's row key, to b.
func seal(table, key string, b []byte) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, len(b)+sealSize), b...), sum(table, key, b))
}

// sealOf is the seal alone.
func sealOf(sealed []byte) uint32 {
	if len(sealed) < sealSize {
		return 0
	}
	return binary.BigEndian.Uint32(sealed[len(sealed)-sealSize:])
}

// unseal gives the bytes without their seal, or nil.
func unseal(table, key string, sealed []byte) []byte {
	n := len(sealed) - sealSize
	if n < 0 || sealOf(sealed) != sum(table, key, sealed[:n]) {
		return nil
	}
	return sealed[:n:n]
}

func sum(table, key string, b []byte) uint32 {
	crc := crc32.Update(0, castagnoli, append(append([]byte(table), 0), append([]byte(key), 0)...))
	return crc32.Update(crc, castagnoli, b)
}

// numbered is the key of a row that has a number.
func numbered(n int64) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(n)))
}
