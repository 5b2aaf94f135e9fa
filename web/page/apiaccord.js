// @ts-check
/** The accord of a line: the JSON types of api/accord.go, field for field. */

/**
 * What both stations have signed, as it stands after its newest amendment.
 * @typedef {object} Accord
 * @property {string} line
 * @property {string} peer
 * @property {string} digest
 * @property {string[]} words
 * @property {string} made
 * @property {string} [confirmed]
 * @property {boolean} signed
 * @property {Party[]} parties the first, then the second
 * @property {string} profile
 * @property {string} hold_back
 * @property {string} disclosure
 * @property {string} expires
 * @property {Rules} rules
 * @property {AccordPath[]} paths
 * @property {Principal[]} principals
 * @property {Amendment[]} amendments the newest first
 * @property {Proposal[]} proposals
 */

/**
 * One side of an accord.
 * @typedef {object} Party
 * @property {string} name
 * @property {string} by "us" or "them"
 * @property {string} fingerprint
 * @property {AccordKey[]} keys
 */

/**
 * One key of a party.
 * @typedef {object} AccordKey
 * @property {string} role
 * @property {string} algorithm
 * @property {number} serial
 * @property {string} fingerprint
 */

/**
 * What people may change by a proposal.
 * @typedef {object} Rules
 * @property {string} watch "nothing", "staffed", "count" or "names"
 * @property {string[]} tests times of day in UTC, "08:00"
 * @property {boolean} suspended_text
 */

/**
 * One path, as the accord names its two ends.
 * @typedef {object} AccordPath
 * @property {number} path
 * @property {string} name
 * @property {string} ours
 * @property {string} theirs
 */

/**
 * A key that is registered for one of a side's principals.
 * @typedef {object} Principal
 * @property {string} name
 * @property {string} by
 * @property {number} serial
 * @property {string} rp_id
 * @property {string[]} origins
 * @property {string} credential
 */

/**
 * One change of the accord that both have signed.
 * @typedef {object} Amendment
 * @property {number} serial
 * @property {string} by
 * @property {string} made
 * @property {string} sort "ends", "principal" or "rules"
 * @property {string} text
 * @property {string} digest
 */

/**
 * A change that waits for people of the other side, or that they have answered.
 * @typedef {object} Proposal
 * @property {string} id
 * @property {string} by who proposes: "us" or "them"
 * @property {string} made
 * @property {string} sort "principal" or "rules"
 * @property {string} text
 * @property {string} state "waiting", "approved" or "refused"
 * @property {string} [at]
 */

/**
 * Asks for one thing.
 * @typedef {object} NewProposal
 * @property {Rules} [rules]
 * @property {string} [remove] the principal's name
 */

/**
 * Approves or refuses.
 * @typedef {object} ProposalAnswer
 * @property {string} id
 */

export {};
