//go:build race

package disclose

// The race detector makes each check ten times as slow, so every 29th byte has to do there.
const byteStep = 29
