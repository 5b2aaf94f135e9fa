// Package message makes what people see of a record out of its entries: the timeline, how far
// each message got, matters, search and export.
package message
