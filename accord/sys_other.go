//go:build !unix

package accord

import "os"

// looseModes: the system has other means than modes; its owner must see to it.
const looseModes = 0

// flock: the system has no such lock. Commands that change the same station
// must then be run one after another.
func flock(*os.File) error { return nil }

// syncFolder: the system makes names durable by itself.
func syncFolder(string) error { return nil }
