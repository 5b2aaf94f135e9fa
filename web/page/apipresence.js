// @ts-check
/**
 * The proof that a principal's key was touched, as package api has it (api/presence.go). Bytes are base64url
 * without padding.
 * @module
 */

/** @typedef {"asked"|"claimed"|"verified"|"refused"} PresenceState */

/**
 * How far the proof has got for one key in a call.
 * @typedef {object} Presence
 * @property {string} side whose principal: "us" or "them"
 * @property {string} name
 * @property {PresenceState} state
 * @property {string} [reason]
 * @property {string} at
 */

/**
 * @typedef {object} TouchRequest
 * @property {string} name
 */

/**
 * What navigator.credentials.get is given.
 * @typedef {object} Touch
 * @property {string} call
 * @property {string} nonce
 * @property {string} challenge
 * @property {string} rp_id
 * @property {string} credential
 * @property {number} timeout_ms
 */

/**
 * What the key answered.
 * @typedef {object} Touched
 * @property {string} nonce
 * @property {string} authenticator_data
 * @property {string} client_data
 * @property {string} signature
 */

/**
 * @typedef {object} KeyRequest
 * @property {string} name
 * @property {string} origin
 * @property {string[]} [also]
 */

/**
 * What navigator.credentials.create is given.
 * @typedef {object} NewKey
 * @property {string} name
 * @property {string} challenge
 * @property {string} rp_id
 * @property {string} user
 * @property {string[]} exclude
 * @property {number} timeout_ms
 */

/**
 * What the key answered.
 * @typedef {object} CreatedKey
 * @property {string} challenge
 * @property {string} client_data
 * @property {string} attestation
 */

export {};
