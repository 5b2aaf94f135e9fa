// Package storetest checks implementations of [store.Store], and makes stores fail.
package storetest
