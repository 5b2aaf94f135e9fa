// @ts-check
/**
 * How a line has served, as package api has it (api/report.go). What each figure means is specified
 * in package report.
 * @module
 */

/**
 * How a line has served; both sides have the same.
 * @typedef {object} Report
 * @property {string[]} parties
 * @property {string} from
 * @property {string} to
 * @property {string} until
 * @property {number[]} entries
 * @property {string[]} test_times
 * @property {Period} whole
 * @property {Period[]} weeks
 * @property {Period[]} months
 * @property {ReportDay[]} days
 * @property {TestDot[]} tests
 */

/**
 * A week, a month or the whole.
 * @typedef {object} Period
 * @property {string} name
 * @property {string} from
 * @property {string} to
 * @property {Availability} line
 * @property {Availability[]} paths
 * @property {CallFigures} calls
 * @property {CallFigures[]} called
 * @property {CallFigures} drills
 * @property {TestFigures} tests
 */

/**
 * How long a path was up; path 0 is the line.
 * @typedef {object} Availability
 * @property {number} path
 * @property {number} up_ms
 * @property {number} down_ms
 * @property {number} unknown_ms
 * @property {number} downs
 * @property {number} longest_ms
 */

/**
 * How calls, or drills, went.
 * @typedef {object} CallFigures
 * @property {number} count
 * @property {number} answered
 * @property {number} declined
 * @property {number} no_answer
 * @property {number} nobody_ready
 * @property {number} given_up
 * @property {number} not_reached
 * @property {number} broken_off
 * @property {number} suspended
 * @property {number} interrupted
 * @property {number} crossed
 * @property {number} open
 * @property {number} contradicted
 * @property {Times} answer
 * @property {number} asked
 * @property {number} proven
 * @property {Times} principal
 */

/**
 * How long something took.
 * @typedef {object} Times
 * @property {number} count
 * @property {number} median_ms
 * @property {number} p90_ms
 * @property {number} p95_ms
 * @property {Within[]} [within]
 * @property {number[]} [spread]
 */

/**
 * How often it took at most so many seconds.
 * @typedef {object} Within
 * @property {number} seconds
 * @property {number} met
 * @property {number} of
 */

/**
 * How tests went.
 * @typedef {object} TestFigures
 * @property {number} passed
 * @property {number} failed
 * @property {number} missed
 * @property {number} extra_passed
 * @property {number} extra_failed
 */

/**
 * One test: one that was due, or one out of turn.
 * @typedef {object} TestDot
 * @property {string} at
 * @property {boolean} due
 * @property {string} result
 */

/**
 * A day of the line and its paths.
 * @typedef {object} ReportDay
 * @property {string} day
 * @property {DayUse} line
 * @property {DayUse[]} paths
 */

/**
 * How long of a day something was up, down and not known.
 * @typedef {object} DayUse
 * @property {number} up_ms
 * @property {number} down_ms
 * @property {number} unknown_ms
 */

export {};
