package api

import "slices"

// A Role is what a person is at a station; it decides what that person may do.
type Role string

// The roles. A person may have several.
const (
	RoleOfficer       Role = "officer"       // watch officer: calls, answers, writes, takes the watch
	RolePrincipal     Role = "principal"     // whom the line is for: calls, answers, writes, proves presence
	RoleObserver      Role = "observer"      // sees and listens, and does nothing else
	RoleAdministrator Role = "administrator" // people, roster, accord, the station itself
)

// Roles are all of them, in the order in which they are shown.
var Roles = []Role{RoleOfficer, RolePrincipal, RoleObserver, RoleAdministrator}

// A Person is who uses a console. Without an ID it is nobody in particular: a kiosk, the local
// socket, or the first administrator before anybody is enrolled.
type Person struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Roles []Role `json:"roles"`
}

// Is says whether the person has one of the roles.
func (p Person) Is(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(p.Roles, r) })
}

// Anyone is who uses the local socket, or a console before anybody is enrolled: nobody in
// particular, with every right.
func Anyone() Person { return Person{Roles: []Role{RoleOfficer, RoleAdministrator}} }

// Acts is the role in which a person speaks to the other side: principal, else officer, else none.
func (p Person) Acts() Role {
	for _, r := range []Role{RolePrincipal, RoleOfficer} {
		if p.Is(r) {
			return r
		}
	}
	return ""
}
