//go:build !race

package disclose

const byteStep = 1
