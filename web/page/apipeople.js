// @ts-check
/** The station's people: the JSON types of api/people.go, field for field. */

/** @typedef {import("./apiperson.js").Person} Person */
/** @typedef {import("./apiperson.js").Role} Role */

/**
 * Who uses a browser.
 * @typedef {object} Me
 * @property {Person} person without roles: nobody, until they log in
 * @property {boolean} kiosk
 * @property {boolean} enrolled somebody at this station can log in
 */

/**
 * The people of a station.
 * @typedef {object} Members
 * @property {Member[]} people
 * @property {string} now
 */

/**
 * One of the station's people, as an administrator sees them.
 * @typedef {object} Member
 * @property {string} id
 * @property {string} name
 * @property {Role[]} roles
 * @property {string} added
 * @property {Passkey[]} keys
 * @property {Enrolment} [link]
 * @property {number} in browsers in which they are logged in
 */

/**
 * One by which a person logs in.
 * @typedef {object} Passkey
 * @property {string} host
 * @property {string} added
 * @property {string} used
 * @property {boolean} syncs
 * @property {string} [copied]
 */

/**
 * A link that a person has not used yet.
 * @typedef {object} Enrolment
 * @property {string} expires
 * @property {boolean} replaces
 */

/**
 * Who shall be added.
 * @typedef {object} NewMember
 * @property {string} name
 * @property {Role[]} roles
 */

/**
 * A person with a fresh link, which is shown this once.
 * @typedef {object} Invited
 * @property {Member} member
 * @property {string} url
 */

/**
 * @typedef {object} LinkWanted
 * @property {boolean} [lost]
 */

/**
 * @typedef {object} RolesWanted
 * @property {Role[]} roles
 */

/**
 * @typedef {object} EnrolWanted
 * @property {string} token
 */

/**
 * What a browser needs to make a passkey, and for whom it is.
 * @typedef {object} EnrolOptions
 * @property {Person} person
 * @property {any} options
 */

export {};
