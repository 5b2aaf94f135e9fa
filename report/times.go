package report

import (
	"slices"

	"ringdown/api"
)

// marks are the seconds within which calls are to be answered.
var marks = []int{10, 15, 20}

// spreadTo is how many seconds the spread tells apart.
const spreadTo = 60

// timesOf describes times in milliseconds, and how many meet each mark: of all of them, of those that failed
// for good, and of those that waited in vain for at least so long.
func timesOf(ms []int64, failed int, waits []int64) api.Times {
	t := ranks(ms)
	t.Spread = spread(ms)
	for _, mark := range marks {
		limit := int64(mark) * 1000
		met, _ := slices.BinarySearch(ms, limit+1)
		w := api.Within{Seconds: mark, Met: met, Of: len(ms) + failed}
		for _, wait := range waits {
			if wait >= limit {
				w.Of++
			}
		}
		t.Within = append(t.Within, w)
	}
	return t
}

// ranks sorts times, and gives those that stand for all.
func ranks(ms []int64) api.Times {
	slices.Sort(ms)
	return api.Times{Count: len(ms), MedianMS: rank(ms, 50), P90MS: rank(ms, 90), P95MS: rank(ms, 95)}
}

// rank is the least of sorted times which at least so many percent do not exceed.
func rank(ms []int64, percent int) int64 {
	if len(ms) == 0 {
		return 0
	}
	return ms[(len(ms)*percent+99)/100-1]
}

func spread(ms []int64) []int {
	list := []int{}
	for _, t := range ms {
		second := int(min(t/1000, spreadTo))
		for len(list) <= second {
			list = append(list, 0)
		}
		list[second]++
	}
	return list
}
