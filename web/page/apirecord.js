// @ts-check
/**
 * The record in the station's API: the JSON types of api/record.go, field for field.
 *
 * Keys name what stands in a record: "us/12" and "them/7" an entry by its author and
 * number, "call/ID" a call, "drill/ID" a drill, "waiting/ID" what is written and not yet numbered.
 */

/**
 * How the record of a line stands.
 * @typedef {object} RecordState
 * @property {string} standing of our log: "unheard", "behind", "far behind", "stands", "forked"
 * @property {Logged} own
 * @property {Logged} far
 * @property {number} waiting messages written and not yet numbered
 * @property {number} unread their messages that nobody here has marked read
 * @property {number} chased of these, those older than ten minutes
 * @property {number} unheeded our messages that nobody there has marked read within ten minutes
 * @property {number} asked disclosures for which the other side waits for our consent
 * @property {string} rule of the accord for disclosures: "free", "told", "consent"
 * @property {string} [withheld] since when the other side holds back its co-signature, or what standing waits for
 * @property {string} [fork] who signed two histories, "us" or "them"
 * @property {number} damaged entries damaged on this disk and not yet mended
 * @property {boolean} far_full the other side has no room for more of what is written here, but for steps of calls
 */

/**
 * One log's numbers of entries.
 * @typedef {object} Logged
 * @property {number} size
 * @property {number} classical
 * @property {number} full
 */

/**
 * A part of the timeline, the newest first.
 * @typedef {object} RecordPage
 * @property {Item[]} items
 * @property {Item[]} waiting
 * @property {number} next Before of the next page; 0: there is no more
 */

/** @typedef {"waiting"|"on the line"|"delivered"|"shown"|"read"|"seen"} Stage */

/**
 * One line of the timeline. Exactly the fields of its kind are set.
 * @typedef {object} Item
 * @property {string} key
 * @property {number} position
 * @property {string} kind "message", "call", "matter", "line", "accord", "disclosure", "test", "presence", "right"
 * @property {string} by "us" or "them"; of a call: who lifted
 * @property {string} at its author's time
 * @property {string} [matter]
 * @property {string} proof "none", "classical", "full"
 * @property {number} [misdated_ms] negative: back-dated
 * @property {string} [text]
 * @property {boolean} [erased]
 * @property {string} [answers]
 * @property {string} [amends]
 * @property {string} [retracts]
 * @property {string} [amended_by]
 * @property {string} [retracted_by]
 * @property {File[]} [files]
 * @property {Ladder} [ladder]
 * @property {RecordedCall} [call]
 * @property {string} [act] "opened", "acknowledged", "closed", "filed"; "asked", "consented", "refused", "made"
 * @property {string} [title]
 * @property {number} [path]
 * @property {boolean} [up]
 * @property {number} [serial]
 * @property {string} [to]
 * @property {number} [bodies]
 * @property {number} [headers]
 * @property {RecordedTest} [test]
 * @property {RecordedPresence} [presence]
 * @property {RecordedRight} [right] with act "suspended" or "restored"
 */

/**
 * How far a message has got. Of their messages: how far it has got here.
 * @typedef {object} Ladder
 * @property {Stage} stage
 * @property {string} [shown_at]
 * @property {string} [read_at]
 * @property {string} [read_by]
 * @property {string} [seen_at]
 * @property {string} [seen_by] the principal
 * @property {boolean} [chased]
 */

/**
 * An attachment.
 * @typedef {object} File
 * @property {string} key
 * @property {string} name
 * @property {number} length
 * @property {string} sha256
 * @property {boolean} here
 */

/**
 * A call, or a drill, as the entries of both logs tell it.
 * @typedef {object} RecordedCall
 * @property {string} id
 * @property {boolean} [drill]
 * @property {string} [answered]
 * @property {string} [ended]
 * @property {number} length_ms
 * @property {import("./api.js").EndReason} [reason]
 * @property {string} [ended_by]
 * @property {RecordedStep[]} steps
 */

/**
 * One entry of a call.
 * @typedef {object} RecordedStep
 * @property {string} key
 * @property {string} step "called", "crossed" … "handed"; "": erased
 * @property {string} by
 * @property {string} at
 * @property {number} [count]
 * @property {import("./api.js").EndReason} [reason]
 * @property {string} [who]
 * @property {import("./apiperson.js").Role} [role] of who
 * @property {number} [minutes] with "fetching"; none: not known
 * @property {boolean} [speaks] with "joined"
 */

/**
 * A test of the line by people: words are asked to be read back.
 * @typedef {object} RecordedTest
 * @property {string} act "asked", "read back", "passed", "failed"; "": erased
 * @property {string} [slot] the agreed time; none: out of turn
 * @property {string} [who]
 * @property {string} [text] the words
 * @property {RecordedPath[]} [paths]
 * @property {string} [result] "passed", "failed"
 * @property {RecordedTestStep[]} steps what was read back, and the result
 */

/**
 * What a path was like during a test.
 * @typedef {object} RecordedPath
 * @property {number} number
 * @property {boolean} up
 * @property {number} loss_permille
 * @property {number} rtt_ms 0: not known
 */

/**
 * What followed on the asking.
 * @typedef {object} RecordedTestStep
 * @property {string} key
 * @property {string} act "read back", "passed", "failed"
 * @property {string} by
 * @property {string} at
 * @property {string} [who]
 * @property {string} [text]
 * @property {RecordedPath[]} [paths]
 */

/**
 * The claim that a principal's key was touched for a call, and what the other side found.
 * @typedef {object} RecordedPresence
 * @property {string} act "claimed", "verified", "refused"; "": erased
 * @property {string} call key of the call, or the drill
 * @property {boolean} [drill]
 * @property {string} [who]
 * @property {import("./apiperson.js").Role} [role]
 * @property {string} [judged] key of the entry that verifies or refuses
 * @property {string} [at] its time
 * @property {string} [reason] of a refusal
 */

/**
 * Who suspended or restored the right to call, and why.
 * @typedef {object} RecordedRight
 * @property {string} [who]
 * @property {string} [text]
 */

/**
 * A subject on both sides' shared list.
 * @typedef {object} Matter
 * @property {string} key
 * @property {string} title
 * @property {string} by
 * @property {string} opened
 * @property {string} [acknowledged]
 * @property {string} [closed]
 * @property {string} [closed_by]
 * @property {number} messages
 * @property {number} calls
 * @property {number} unread
 * @property {boolean} [waiting]
 */

/**
 * What a person writes.
 * @typedef {object} NewMessage
 * @property {string} [text]
 * @property {string} [matter]
 * @property {string} [answers]
 * @property {string} [amends]
 * @property {string} [retracts]
 * @property {string[]} [files]
 */

/**
 * @typedef {object} Written
 * @property {string} key
 */

/**
 * A file that waits for its message, for an hour.
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} name
 * @property {number} length
 */

/**
 * Keys of messages, and the person's name for the receipt.
 * @typedef {object} Marks
 * @property {string[]} keys at most 16
 * @property {string} [name]
 */

/**
 * @typedef {object} MatterAct
 * @property {string} act "open", "acknowledge", "close", "file"
 * @property {string} [title]
 * @property {string} [matter]
 * @property {string} [call]
 */

/**
 * What to show, and to whom.
 * @typedef {object} NewDisclosure
 * @property {string} [to]
 * @property {string[]} [entries]
 * @property {boolean} [bodies]
 * @property {string} [contact]
 * @property {string} [from]
 * @property {string} [until]
 * @property {boolean} [anyway]
 */

/**
 * A disclosure that was asked for or made.
 * @typedef {object} Disclosure
 * @property {string} id
 * @property {string} key
 * @property {string} by
 * @property {string} state "waiting", "asked", "consented", "refused", "made"
 * @property {string} to
 * @property {string} at
 * @property {string} rule "free", "told", "consent"
 * @property {string[]} shows
 * @property {string} [sha256]
 */

/**
 * @typedef {object} DisclosureAnswer
 * @property {string} key
 * @property {boolean} consent
 */

/**
 * @typedef {object} BackupRequest
 * @property {string} file
 */

export {};
