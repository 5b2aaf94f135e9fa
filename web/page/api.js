// @ts-check
/**
 * The station's API, as the page sees it: the JSON types of package api, field
 * for field. A test in package web compares this file with api/api.go, and
 * apirecord.js with api/record.go, and so on.
 *
 * Times are RFC 3339 strings in UTC; durations are whole milliseconds.
 */

/**
 * All that a station shows of itself at one moment.
 * @typedef {object} Status
 * @property {string} name
 * @property {string} version
 * @property {string} now
 * @property {string} since
 * @property {Console[]} consoles
 * @property {Line[]} lines
 * @property {Notice[]} notices
 * @property {import("./apiwatch.js").Watch} [watch]
 */

/**
 * One thing that is wrong or doubtful, and what can be done.
 * @typedef {object} Notice
 * @property {string} severity "warning" or "failure"
 * @property {string} text
 * @property {string} action
 * @property {string} [link] the page where it is done
 * @property {string} [act] what a press can do: "resume", "test"
 */

/**
 * One person's browser or command line at this station.
 * @typedef {object} Console
 * @property {string} id
 * @property {string} name
 * @property {boolean} ready
 * @property {boolean} lost
 * @property {boolean} muted
 * @property {string} kind
 * @property {string} [person]
 * @property {string} [person_id]
 * @property {import("./apiperson.js").Role[]} [roles]
 */

/** @typedef {"unconfirmed"|"down"|"half-signed"|"degraded"|"open"} LineState */

/**
 * The standing link to one other station.
 * @typedef {object} Line
 * @property {string} line
 * @property {string} peer
 * @property {string} profile
 * @property {LineState} state
 * @property {string} since
 * @property {string[]} [words]
 * @property {Path[]} paths
 * @property {Far} far
 * @property {Call} [call]
 * @property {number} [rtt_ms]
 * @property {ClockDiff} [clock]
 * @property {VoiceHold} [hold]
 * @property {Notice[]} notices
 * @property {import("./apirecord.js").RecordState} [record] nothing: the words are not confirmed
 * @property {string[]} [keys] principals of ours whose keys the accord names
 * @property {string[]} [far_keys] theirs
 * @property {import("./apiwatch.js").FarWatch} [far_watch]
 * @property {import("./apiaccord.js").Proposal[]} [proposals] of changes to the accord
 * @property {import("./apitests.js").LineTest} [test]
 * @property {import("./apitests.js").Suspension[]} [suspended]
 */

/**
 * How far the other station's clock stands ahead of ours.
 * @typedef {object} ClockDiff
 * @property {number} ms
 */

/**
 * How long voice from the other side waits at our station.
 * @typedef {object} VoiceHold
 * @property {number} ms
 */

/**
 * What the other side says of itself.
 * @typedef {object} Far
 * @property {boolean} known
 * @property {number} ready
 * @property {string} since
 */

/** @typedef {"knocking"|"up"|"silent"|"resting"|"unresolved"} PathState */

/**
 * One route of a line.
 * @typedef {object} Path
 * @property {number} path
 * @property {string} name
 * @property {string} local
 * @property {string} remote
 * @property {boolean} roams
 * @property {PathState} state
 * @property {string} since
 * @property {string} [heard]
 * @property {number} [rtt_ms]
 * @property {Quality} in
 * @property {Quality} out
 * @property {number} sent
 * @property {number} arrived
 */

/**
 * One direction of a path over the last few seconds.
 * @typedef {object} Quality
 * @property {boolean} known
 * @property {number} loss_permille
 * @property {number} spread_ms
 */

/** @typedef {"calling"|"ringing"|"incoming"|"active"|"held"|"ended"} CallState */

/**
 * One conversation, from lift to hang-up.
 * @typedef {object} Call
 * @property {string} id
 * @property {CallState} state
 * @property {string} since
 * @property {boolean} outgoing
 * @property {string} console
 * @property {boolean} reached
 * @property {number} ringing
 * @property {number} far_ready
 * @property {HeldReason} [held]
 * @property {EndReason} [reason]
 * @property {string} [ended_by] "us", "them", or nothing: nobody chose it
 * @property {number} gap_ms
 * @property {Step[]} steps
 * @property {boolean} [drill] it exercises the people, and is no real call
 * @property {import("./apicall.js").Joined[]} [joined] further people in it, on either side
 * @property {import("./apipresence.js").Presence[]} [presence]
 * @property {string[]} [words] to read to each other, while it lives
 */

/**
 * One rung of the ladder, at its author's time.
 * @typedef {object} Step
 * @property {string} step "called", "reached", "ringing", "answered", "held", "resumed", "ended"; "asked", "fetching", "present", "joined", "left", "handed"
 * @property {string} at
 * @property {string} by "us" or "them"
 * @property {string} [who] the person, as that side's station states
 * @property {import("./apiperson.js").Role} [role] of that person, the same
 * @property {number} [minutes] with "fetching"; nothing: not known
 * @property {boolean} [speaks] with "joined": not only listens
 */

/** @typedef {"our console lost"|"their console lost"|"line down"} HeldReason */

/**
 * @typedef {"hung up"|"declined"|"no answer"|"nobody ready"|"not reached"|"cancelled"|
 *           "console lost"|"line lost"|"station restarted"|"station stopping"|"suspended"|"interrupted"} EndReason
 */

/**
 * What the station sends on the WebSocket.
 * @typedef {object} Event
 * @property {string} type
 * @property {string} at
 * @property {string} [console]
 * @property {Status} [status]
 * @property {Line} [line]
 * @property {string} [slug]
 * @property {boolean} [ring]
 * @property {boolean} [drill] it sounds as a drill does
 * @property {import("./apirecord.js").Item[]} [items]
 * @property {string[]} [gone] keys of items that are no more
 * @property {boolean} [more] there were too many to name
 * @property {number} [n]
 * @property {string} [sdp]
 * @property {number} [ref]
 * @property {Error} [error]
 */

/**
 * What a console sends on the WebSocket.
 * @typedef {object} ToStation
 * @property {string} type
 * @property {number} [ref]
 * @property {string} [console]
 * @property {string} [name]
 * @property {string} [kind]
 * @property {boolean} [observe]
 * @property {string} [voice]
 * @property {boolean} [ready]
 * @property {string} [why]
 * @property {string} [slug]
 * @property {boolean} [on]
 * @property {boolean} [drill]
 * @property {string} [to] a console's id
 * @property {number} [minutes]
 * @property {string[]} [keys] at most 16
 * @property {number} [n]
 * @property {string} [sdp]
 */

/**
 * A refusal that a person reads.
 * @typedef {object} Error
 * @property {string} code
 * @property {string} text
 * @property {string} [action]
 */

export {};
