//go:build !unix

package bench

import "time"

// processCPU is not known on this system; figures that rest on it are zero.
func processCPU() time.Duration { return 0 }
