package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Beyond what package api names elsewhere, both doors have, for administrators:
//
//	GET    /api/people             everybody; [Members]
//	POST   /api/people             [NewMember], answered with [Invited]
//	POST   /api/people/{id}/link   a new enrolment link, [LinkWanted], answered with [Invited]
//	PUT    /api/people/{id}/roles  [RolesWanted]
//	DELETE /api/people/{id}        take a person out; their sessions and connections end at once
//
// and the web address alone, for anybody:
//
//	GET  /api/me            [Me]
//	POST /api/enrol/begin   [EnrolWanted], answered with [EnrolOptions]
//	POST /api/enrol/finish  the browser's RegistrationResponseJSON, answered with [Me]
//	POST /api/login/begin   answered with PublicKeyCredentialRequestOptionsJSON
//	POST /api/login/finish  the browser's AuthenticationResponseJSON, answered with [Me]
//	POST /api/logout        ends the session, answered with nothing

// Me is who uses a browser.
type Me struct {
	Person   Person `json:"person"`   // without roles: nobody, until they log in
	Kiosk    bool   `json:"kiosk"`    // this browser needs nobody to log in
	Enrolled bool   `json:"enrolled"` // somebody at this station can log in
}

// Members are the people of a station.
type Members struct {
	People []Member  `json:"people"` // in the order in which they were added
	Now    time.Time `json:"now"`
}

// A Member is one of the station's people, as an administrator sees them.
type Member struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Roles []Role     `json:"roles"`
	Added time.Time  `json:"added"`
	Keys  []Passkey  `json:"keys"`
	Link  *Enrolment `json:"link,omitempty"` // not used and not too old
	In    int        `json:"in"`             // browsers in which they are logged in
}

// A Passkey is one by which a person logs in.
type Passkey struct {
	Host   string     `json:"host"` // the name of the station under which it works
	Added  time.Time  `json:"added"`
	Used   time.Time  `json:"used"`
	Syncs  bool       `json:"syncs"`            // its owner may have it on several devices
	Copied *time.Time `json:"copied,omitempty"` // since when it is refused: its counter went back
}

// An Enrolment is a link that a person has not used yet.
type Enrolment struct {
	Expires  time.Time `json:"expires"`
	Replaces bool      `json:"replaces"` // it ends all older passkeys
}

// A NewMember is who shall be added.
type NewMember struct {
	Name  string `json:"name"`
	Roles []Role `json:"roles"`
}

// Invited is a person with a fresh link, which is shown this once.
type Invited struct {
	Member Member `json:"member"`
	URL    string `json:"url"`
}

// LinkWanted asks for a link. Lost: the person's passkeys are lost, and end.
type LinkWanted struct {
	Lost bool `json:"lost,omitempty"`
}

// RolesWanted says what a person shall be.
type RolesWanted struct {
	Roles []Role `json:"roles"`
}

// EnrolWanted carries the token of an enrolment link.
type EnrolWanted struct {
	Token string `json:"token"`
}

// EnrolOptions is what a browser needs to make a passkey, and for whom it is.
type EnrolOptions struct {
	Person  Person `json:"person"`
	Options any    `json:"options"` // PublicKeyCredentialCreationOptionsJSON
}

// People asks for everybody.
func (c *Client) People(ctx context.Context) (*Members, error) {
	m := new(Members)
	return m, c.do(ctx, http.MethodGet, "/api/people", nil, m)
}

// AddPerson adds somebody and gives their enrolment link.
func (c *Client) AddPerson(ctx context.Context, n NewMember) (*Invited, error) {
	i := new(Invited)
	return i, c.do(ctx, http.MethodPost, "/api/people", n, i)
}

// LinkPerson makes a new enrolment link.
func (c *Client) LinkPerson(ctx context.Context, id string, l LinkWanted) (*Invited, error) {
	i := new(Invited)
	return i, c.do(ctx, http.MethodPost, "/api/people/"+url.PathEscape(id)+"/link", l, i)
}

// SetRoles changes what a person is.
func (c *Client) SetRoles(ctx context.Context, id string, r RolesWanted) error {
	return c.do(ctx, http.MethodPut, "/api/people/"+url.PathEscape(id)+"/roles", r, nil)
}

// RemovePerson takes a person out.
func (c *Client) RemovePerson(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/api/people/"+url.PathEscape(id), nil, nil)
}

// KioskLink asks for a one-time address that lets a browser in as a kiosk, where nobody logs in
// and a watch officer's rights are all there are.
func (c *Client) KioskLink(ctx context.Context, next string) (string, error) {
	var l Link
	err := c.do(ctx, http.MethodPost, "/api/token", LinkRequest{Next: next, Kiosk: true}, &l)
	return l.URL, err
}
