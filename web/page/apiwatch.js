// @ts-check
/**
 * The watch, as the page sees it: the JSON types of api/watch.go, field for field. A test in package web
 * compares the two.
 */

/** @typedef {"vacant"|"kept"|"asked"|"absent"} WatchState */

/**
 * A Watch is who has the watch at this station, and what is wrong with that.
 * @typedef {object} Watch
 * @property {WatchState} state
 * @property {boolean} used somebody has it, or there is a roster
 * @property {string} [officer] who has it
 * @property {string} [officer_id] empty for one known by name alone
 * @property {string} [console] at which the officer was last
 * @property {string} [since] the officer has it; or when it was left
 * @property {string} [due] when "still here?" is asked
 * @property {string} [until] when silence counts as absence
 * @property {WatchOffer} [offer] it is being handed over
 * @property {WatchNote[]} notes to who has it, not acknowledged
 * @property {string} zone of the roster
 * @property {Stretch} [rostered] who should have it now; nothing without a roster
 * @property {Stretch} [next] and after that
 * @property {WatchAlarm[]} alarms the gravest first
 */

/**
 * A WatchOffer is a hand-over that nobody has taken yet.
 * @typedef {object} WatchOffer
 * @property {string} [to] nothing: whoever takes it
 * @property {string} at
 * @property {string} [note]
 */

/**
 * A WatchNote is what one officer left to the next.
 * @typedef {object} WatchNote
 * @property {string} from
 * @property {string} at
 * @property {string} text
 */

/**
 * A Stretch is a time through which the same officers are on the roster: none is a gap, several an overlap.
 * @typedef {object} Stretch
 * @property {string} from
 * @property {string} to
 * @property {string[]} officers
 */

/**
 * A WatchAlarm is one thing that is wrong with the watch, or soon will be.
 * @typedef {object} WatchAlarm
 * @property {string} kind "absent", "vacant", "gap", "unseated", "stays", "late", "ahead"
 * @property {string} severity "warning" or "failure"
 * @property {string} from
 * @property {string} [to] nothing: no end is in sight
 * @property {string} text one sentence: what is
 * @property {string} action one sentence: what can be done
 * @property {string} act what a press can do: "take", "here", "roster", or nothing
 */

/**
 * An Officer is a person on a roster. ID is empty for one known by name alone.
 * @typedef {object} Officer
 * @property {string} [id]
 * @property {string} name
 */

/**
 * A WatchAct is the body of each POST. Who acts is the person logged in; else whoever sits at Console; else, for the local socket, As.
 * @typedef {object} WatchAct
 * @property {string} [console]
 * @property {string} [as]
 * @property {Officer} [to] hand
 * @property {string} [note] hand, leave
 * @property {string} [up_to] acknowledge
 */

/**
 * WatchSettings are what an administrator sets. Revision is that of the book they were made from: if another has changed it since, they are refused.
 * @typedef {object} WatchSettings
 * @property {number} revision
 * @property {Roster} roster
 * @property {RingPlan} plan
 * @property {WatchPeriods} periods
 */

/**
 * A Roster says who shall have the watch. Times are local to Zone, "08:00"; days "2026-11-22".
 * @typedef {object} Roster
 * @property {string} zone "Europe/Warsaw"; empty: UTC
 * @property {WeeklyShift[]} weekly
 * @property {SingleShift[]} single
 */

/**
 * A WeeklyShift comes back on a day of the week. If To is not after From it ends on the next day.
 * @typedef {object} WeeklyShift
 * @property {Officer} officer
 * @property {string} day "monday"
 * @property {string} from
 * @property {string} to
 * @property {string} [first] the days between which it counts
 * @property {string} [last]
 * @property {number} [every] n-th week, counted from that of First
 */

/**
 * A SingleShift is of one day; with Instead in place of the weekly shifts.
 * @typedef {object} SingleShift
 * @property {Officer} officer
 * @property {string} date
 * @property {string} from
 * @property {string} to
 * @property {boolean} [instead]
 */

/**
 * A RingPlan is in which order consoles ring; without waves everybody at once.
 * @typedef {object} RingPlan
 * @property {Officer[]} [deputies]
 * @property {RingWave[]} [waves]
 */

/**
 * A RingWave is who rings, so many seconds after the call is here.
 * @typedef {object} RingWave
 * @property {number} after_s
 * @property {string} who "duty", "deputies", "named", "everybody"
 * @property {Officer[]} [names]
 */

/**
 * WatchPeriods are the times of the watch, in minutes.
 * @typedef {object} WatchPeriods
 * @property {number} here_min until "still here?" is asked; 0: never
 * @property {number} grace_min to answer in
 * @property {number} ahead_min before a gap, for the alarm
 */

/**
 * A WatchBook is all that is kept of the watch, and the roster as it really falls.
 * @typedef {object} WatchBook
 * @property {WatchSettings} settings
 * @property {string} now
 * @property {string} today in the roster's zone
 * @property {RosterDay[]} days
 * @property {Shift[]} shifts that touch the days
 * @property {Stretch[]} stretches of the days, without a break; none if the roster is empty
 * @property {WatchEvent[]} log the newest first, at most 100
 */

/**
 * A RosterDay is one day in the roster's zone: 23 or 25 hours where the clock changes.
 * @typedef {object} RosterDay
 * @property {string} date
 * @property {string} from
 * @property {string} to
 */

/**
 * A Shift is one shift as it really falls.
 * @typedef {object} Shift
 * @property {string} officer
 * @property {string} from
 * @property {string} to
 * @property {boolean} [single]
 */

/**
 * A WatchEvent is one act of the watch, as it is kept.
 * @typedef {object} WatchEvent
 * @property {string} at
 * @property {string} act "taken", "handed", "left", "acknowledged", "set"
 * @property {string} who
 * @property {string} [to]
 * @property {string} [note]
 */

/**
 * FarWatch is what the other side states of its watch, as far as the accord's rule lets it be seen. It is a claim.
 * @typedef {object} FarWatch
 * @property {string} rule "nothing", "staffed", "count", "names"
 * @property {boolean} staffed
 * @property {string} [since] of Staffed, as they state it
 * @property {number} ready
 * @property {string[]} names
 * @property {string} heard by our clock
 */

export {};
