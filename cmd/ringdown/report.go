package main

import (
	"errors"
	"fmt"
	"io"

	"ringdown/api"
)

// report prints an error for a person: what was wrong, then a hint for each
// thing that can be done about it.
func report(w io.Writer, err error) {
	fmt.Fprintf(w, "ringdown: error: %v\n", err)
	for _, h := range hints(err) {
		fmt.Fprintf(w, "ringdown: hint: %s\n", h)
	}
}

// hints collects what the errors within err say can be done.
func hints(err error) []string {
	var list []string
	var refused *api.Error
	if errors.As(err, &refused) && refused.Action != "" {
		list = append(list, refused.Action)
	}
	var hinter interface{ Hint() string }
	if errors.As(err, &hinter) && hinter.Hint() != "" {
		list = append(list, hinter.Hint())
	}
	return list
}
