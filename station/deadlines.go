package station

import "container/heap"

// deadlines holds the lines in order of what is due next: one timer drives them all.
type deadlines []*lineEnd

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].due.Before(d[j].due) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

func (d *deadlines) Push(x any) {
	e := x.(*lineEnd)
	e.place = len(*d)
	*d = append(*d, e)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	e := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return e
}

// first is the line that is due next; nil if there is none.
func (d deadlines) first() *lineEnd {
	if len(d) == 0 {
		return nil
	}
	return d[0]
}

// fix moves a line whose deadline may have changed.
func (d *deadlines) fix(e *lineEnd) {
	if due := e.deadline(); !due.Equal(e.due) {
		e.due = due
		heap.Fix(d, e.place)
	}
}

func (d *deadlines) add(e *lineEnd) {
	e.due = e.deadline()
	heap.Push(d, e)
}

func (d *deadlines) remove(e *lineEnd) { heap.Remove(d, e.place) }
