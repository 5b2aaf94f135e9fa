// Package webhook tells lamps, horns and pagers what happens, over HTTP, and never makes anybody wait.
package webhook
