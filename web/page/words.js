// @ts-check
/**
 * What the console says. Each state, each end of a call and each failure has one
 * sentence that says what is and one that says what can be done. The tables are
 * pure, so that a test can walk through all of them.
 */

import { span } from "./times.js";

/** @typedef {import("./api.js").Call} Call */
/** @typedef {{what: string, action: string}} Saying */

const longestName = 40;
// Control characters, and those that turn the writing direction of what follows.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
// More marks on one letter than any language uses: they would paint over the lines around.
const piled = /(\p{M}{3})\p{M}+/gu;

/** plain makes text that names others safe to show: no control or direction characters. @param {string} text */
export const plain = (text) => text.replace(unprintable, "").replace(piled, "$1");

/**
 * name makes a name that others chose safe to stand in a sentence: no control or
 * direction characters, not too long, and isolated (FSI … PDI), so that its
 * writing direction ends with it. It still goes into the page as text only.
 * @param {string} text
 */
export function name(text) {
  const clean = plain(text.normalize("NFC")).replace(/\s+/gu, " ").trim();
  const letters = [...clean];
  const short = letters.length > longestName ? letters.slice(0, longestName - 1).join("") + "…" : clean;
  return `\u2068${short || "unnamed"}\u2069`;
}

/** count says "1 console" or "3 consoles". @param {number} n */
export const consoles = (n) => (n === 1 ? "1 console" : `${n} consoles`);

/** Who is asked for a word about the end of a call. @typedef {{peer: string, call: Call, rang: number}} Ended */

/**
 * The ends of a call, by who lifted: what happened, what can be done.
 * @type {Record<string, {outgoing: (e: Ended) => Saying, incoming: (e: Ended) => Saying}>}
 */
export const endings = {
  "hung up": both(({ peer, call }) => ({
    what: call.ended_by === "us" ? "It was hung up here." : `${peer} hung up.`,
    action: "Press Call to speak again.",
  })),
  "declined": {
    outgoing: ({ peer }) => ({ what: `${peer} declined the call.`, action: "Press Call to ring them again." }),
    incoming: ({ peer }) => ({ what: `The call of ${peer} was declined here.`, action: "Press Call to call them back." }),
  },
  "no answer": {
    outgoing: ({ peer }) => ({ what: `It rang at ${peer} for 2 minutes and nobody answered.`, action: "Press Call to ring again, or reach them another way." }),
    incoming: ({ peer }) => ({ what: `${peer} called for 2 minutes and nobody here answered.`, action: "Press Call to call them back." }),
  },
  "nobody ready": {
    outgoing: ({ peer }) => ({ what: `The station of ${peer} was reached, but no console there was ready.`, action: "Press Call to try again, or reach them another way." }),
    incoming: ({ peer }) => ({ what: `${peer} called while no console here was ready.`, action: "Press Call to call them back." }),
  },
  "not reached": {
    outgoing: ({ peer }) => ({ what: `The station of ${peer} was not reached for 2 minutes.`, action: "Look at the paths, and reach them another way until the line is back." }),
    incoming: ({ peer }) => ({ what: `${peer} called, and the line was lost before it was answered.`, action: "Press Call to call them back." }),
  },
  "cancelled": {
    outgoing: () => ({ what: "It was hung up here before anyone answered.", action: "Press Call to ring again." }),
    incoming: ({ peer, rang }) => ({ what: `${peer} called and hung up${rang > 0 ? ` after ${span(rang)}` : ""}, before it was answered.`, action: "Press Call to call them back." }),
  },
  "console lost": both(() => ({
    what: "A console in the call was lost, and did not come back within 10 minutes.",
    action: "Press Call to speak again.",
  })),
  "line lost": both(({ peer }) => ({
    what: `Every path to ${peer} stayed silent for 10 minutes.`,
    action: "Look at the paths, and call again when the line is open.",
  })),
  "station restarted": both(() => ({
    what: "One of the two stations was started again during the call.",
    action: "Press Call to speak again.",
  })),
  "station stopping": both(({ peer, call }) => ({
    what: call.ended_by === "us" ? "The station here was told to stop." : `The station of ${peer} was told to stop.`,
    action: "Call again when the line is open.",
  })),
  "suspended": both(({ peer, call }) => ({
    what: call.ended_by === "us" ? "The right to call is suspended here." : `${peer} has suspended the right to call.`,
    action: "Write to them, or reach them another way.",
  })),
  "interrupted": both(() => ({
    what: "The drill gave way to a real call.",
    action: "Answer the call; the drill can be begun again later.",
  })),
};

/** @param {(e: Ended) => Saying} say */
function both(say) {
  return { outgoing: say, incoming: say };
}

/** ended says why a call ended. @param {string} peer isolated @param {Call} call @param {number} rang ms */
export function ended(peer, call, rang) {
  const ending = endings[call.reason ?? ""];
  if (!ending) return { what: "The call has ended.", action: "Press Call to speak again." };
  return (call.outgoing ? ending.outgoing : ending.incoming)({ peer, call, rang });
}

/**
 * Why a call is held.
 * @type {Record<string, (peer: string, mine: boolean) => Saying>}
 */
export const holds = {
  "our console lost": (_, mine) => mine
    ? { what: "The station lost this console for a moment.", action: "Nothing to do: it goes on by itself." }
    : { what: "The console that spoke here was lost.", action: "Press Answer to go on here." },
  "their console lost": (peer) => ({ what: `The console at ${peer} was lost; they have not hung up.`, action: "Wait: it goes on by itself, for up to 10 minutes." }),
  "line down": (peer) => ({ what: `No path to ${peer} gets through.`, action: "Wait: it goes on by itself, for up to 10 minutes." }),
};

/** @param {string} peer isolated @param {Call} call @param {boolean} mine */
export function held(peer, call, mine) {
  return (holds[call.held ?? ""] ?? holds["line down"])(peer, mine);
}

/**
 * What keeps a console from being ready, the gravest first. "alarm" is a fault
 * that befell a console on watch.
 * @type {Record<string, Saying>}
 */
export const faults = {
  "session-ended": { what: "The session at this station has ended.", action: "Log in again; where nobody logs in, open a new link (“ringdown console” prints one)." },
  "displaced": { what: "This console was opened in another window.", action: "Go on there, or press Ready to take it back here." },
  "station-unreachable": { what: "This page does not reach its station.", action: "It keeps trying. Check this computer’s network, then ask whoever runs the station." },
  "insecure": { what: "The browser gives no microphone to pages opened over plain HTTP from another machine.", action: "Open the console by its https address, or on the station itself by localhost." },
  "sound-blocked": { what: "The browser holds back all sound until something is pressed here.", action: "Press Ready." },
  "sound-lost": { what: "The browser stopped the sound of this page.", action: "Press Ready to open it again." },
  "ringer-zero": { what: "The ringer’s volume is zero, so this console cannot ring.", action: "Raise the ringer under Equipment." },
  "bell-silent": { what: "The bell was started and no sound came of it.", action: "Choose another ringer under Equipment, and test it." },
  "microphone-asking": { what: "The browser asks whether this page may use the microphone.", action: "Allow it, beside the page’s address." },
  "microphone-refused": { what: "The browser refuses the microphone to this page.", action: "Allow it beside the page’s address, then press Ready." },
  "microphone-missing": { what: "No microphone is connected to this computer.", action: "Connect one, then press Ready." },
  "microphone-busy": { what: "The microphone could not be opened; another program may hold it.", action: "Close the other program, then press Ready." },
  "microphone-lost": { what: "The microphone was disconnected.", action: "Connect it again, or choose another under Equipment." },
  "microphone-off": { what: "The microphone is switched off, at the device or by the system.", action: "Switch it on; this console is then ready by itself." },
  "voice-connecting": { what: "Voice between this page and its station is being connected.", action: "Nothing to do: it takes a moment." },
  "voice-lost": { what: "Voice between this page and its station does not get through.", action: "It keeps trying. If it lasts, check that UDP to the station is allowed." },
};

/** Those that a person need not be alarmed by. */
export const quiet = new Set(["microphone-asking", "voice-connecting"]);

/**
 * What is worth saying and keeps nobody from the call.
 * @type {Record<string, Saying>}
 */
export const warnings = {
  "wake-lock": { what: "This browser does not keep the computer awake.", action: "Switch off sleep in the system’s settings while on watch." },
  "microphone-silent": { what: "The microphone gives no signal at all.", action: "Check its switch and its plug, or choose another under Equipment." },
  "headset-gone": { what: "The chosen headset is not connected; sound goes to the usual output.", action: "Connect it, or choose another under Equipment." },
  "ringer-gone": { what: "The chosen ringer is not connected; the bell sounds at the usual output.", action: "Connect it, or choose another under Equipment." },
};

/** How a path stands, in one word, and what it means. @type {Record<string, Saying>} */
export const paths = {
  up: { what: "up", action: "" },
  silent: { what: "silent", action: "Nothing was heard on it for a second or more." },
  knocking: { what: "knocking", action: "Nothing is heard; one datagram a second asks." },
  resting: { what: "resting", action: "It lost nearly all; it is tried again from time to time." },
  unresolved: { what: "no address", action: "Its name in the accord resolves to no address." },
};

export const pathNotKnown = { what: "not known", action: "The page does not hear from its station." };

/** How a line stands when it carries no call. @type {Record<string, (peer: string) => Saying>} */
export const closed = {
  "down": (peer) => ({ what: `No path to ${peer} gets through.`, action: "It opens by itself. Until then reach them another way." }),
  "unconfirmed": (peer) => ({ what: `The accord’s twelve words are not confirmed here, so nothing is sent to ${peer}.`, action: "Read the words to the other side by another channel, then run “ringdown confirm”." }),
  "half-signed": (peer) => ({ what: `The accord with ${peer} is signed by one side only, so no call can be made.`, action: "It completes by itself when the first party’s signature arrives." }),
};
