// Package disclose makes and verifies disclosures: small text files by which one side of a
// line shows chosen entries of the co-signed record to somebody who knows neither station.
// It has no network and no clock; docs/disclosure.md is the specification, for whoever writes
// another verifier.
package disclose
