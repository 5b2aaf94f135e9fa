//go:build race

package disclose

// The race detector makes each check ten times as slow, so every 29th byte has to do there: of each file others, as
// all have much in common.
const byteStep = 29
