//go:build !race

package main

import "time"

// endLimit is how long a command may take to end: what docs/operator.md promises.
const endLimit = 5 * time.Second
