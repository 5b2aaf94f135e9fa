// @ts-check
// What package api says of tests, suspension and webhooks, as JSDoc types.

/**
 * @typedef {object} LineTest
 * @property {string[]} times  agreed in the accord, each day, UTC: "08:00"
 * @property {string} [next]
 * @property {string} [due]  an agreed time whose test is not passed yet and still can be
 * @property {OpenTest[]} open  at most one by each side, theirs first
 * @property {TestResult} [last]
 * @property {string[]} missed
 */

/**
 * @typedef {object} OpenTest
 * @property {string} key
 * @property {"us" | "them"} by
 * @property {string} at
 * @property {string} [slot]
 * @property {string} [who]
 * @property {string} words
 * @property {boolean} read  the words are read back; the result is on its way
 */

/**
 * @typedef {object} TestResult
 * @property {string} key
 * @property {"us" | "them"} by
 * @property {string} at
 * @property {string} [slot]
 * @property {"passed" | "failed"} result
 * @property {string} [who]
 * @property {string} [read_by]
 * @property {string} [why]
 * @property {import("./apirecord.js").RecordedPath[]} paths
 */

/**
 * @typedef {object} Suspension
 * @property {"us" | "them"} by
 * @property {string} at  by their clock
 * @property {string} known  since when it is known here, by ours
 * @property {string} [who]
 * @property {string} reason
 */

/**
 * @typedef {object} StartTest
 * @property {string} [name]
 */

/**
 * @typedef {object} ReadBack
 * @property {string} [key]
 * @property {string} words
 * @property {string} [name]
 */

/**
 * @typedef {object} Suspend
 * @property {string} reason
 * @property {string} [name]
 */

/**
 * @typedef {object} Resume
 * @property {string} [name]
 */

/**
 * @typedef {object} Webhook
 * @property {string} name
 * @property {string} to
 * @property {string[]} events
 * @property {number} waiting
 * @property {number} arrived
 * @property {number} lost
 * @property {string} [last]
 * @property {string} [failing]
 * @property {string} [why]
 */

/**
 * @typedef {object} WebhookResult
 * @property {string} name
 * @property {boolean} arrived
 * @property {number} took_ms
 * @property {string} [why]
 */

export {};
