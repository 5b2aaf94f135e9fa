// @ts-check
/**
 * The people in a call, as package api has them (api/call.go).
 * @module
 */

/**
 * One further person in a call.
 * @typedef {object} Joined
 * @property {string} side "us" or "them"
 * @property {string} [console] ours: its id
 * @property {string} [person]
 * @property {import("./apiperson.js").Role} [role]
 * @property {boolean} speaks
 * @property {number} [talker] of those who speak: the number of their voice
 */

export {};
