package station

import (
	"errors"
	"strings"

	"ringdown/api"
	"ringdown/udp"
)

// Each takes apart what [errors.Join] has put together.
func Each(err error) (list []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	parts := joined.Unwrap()
	var texts []string
	for _, e := range parts {
		texts = append(texts, e.Error())
	}
	if strings.Join(texts, "\n") != err.Error() {
		return []error{err} // it has words of its own
	}
	for _, e := range parts {
		list = append(list, Each(e)...)
	}
	return list
}

// Hint is what an error of this program says can be done, empty if it says nothing.
func Hint(err error) string {
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok && h.Hint() != "" {
		return h.Hint()
	}
	if e, ok := errors.AsType[*udp.Error](err); ok && e.Action != "" {
		return e.Action
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.Action != "" {
		return e.Action
	}
	return ""
}

// sentence writes an error's or a hint's text as a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
