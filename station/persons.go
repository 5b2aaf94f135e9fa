package station

import "ringdown/api"

// named is what the record calls a person: by their own name if they are logged in, else as the
// console is called.
func named(p api.Person, console string) string {
	if p.ID != "" {
		console = p.Name
	}
	return recordable(console)
}

// who is what the record calls whoever sits at the console.
func (st *seat) who() string { return named(st.person, st.name) }
