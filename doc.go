// Package ringdown holds no code. It is the root of the module: the tests
// beside this file hold the whole project to its floors (DESIGN.md, Floors) and
// to its house rules.
//
// The program is in cmd/ringdown; README.md shows the way in.
package ringdown
