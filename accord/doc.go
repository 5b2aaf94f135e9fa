// Package accord is the bilateral agreement of two stations, and the keys of one.
package accord
