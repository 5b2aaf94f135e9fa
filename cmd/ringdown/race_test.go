//go:build race

package main

import "time"

// endLimit is how long a command may take to end. Under the race detector, on a machine that has
// other work, all takes ten times as long.
const endLimit = 50 * time.Second
