// @ts-check
/**
 * How a person gets in: what the pages to log in, to enrol and for people ask the station and the
 * browser. No DOM, so that it can be tested.
 */

/** A Refused is what could not be done: one sentence what is, one what can be done. */
export class Refused extends Error {
  /** @param {string} text @param {string} action */
  constructor(text, action) {
    super(text);
    this.action = action;
  }
}

/**
 * ask sends a request to the station.
 * @param {string} method @param {string} path @param {unknown} [body]
 * @returns {Promise<any>} its answer
 */
export async function ask(method, path, body) {
  /** @type {RequestInit} */
  const init = { method, cache: "no-store", headers: { "Content-Type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const reply = await fetch(path, init).catch(() => null);
  if (!reply) throw new Refused("The station was not reached.", "Check this computer’s network, then try again.");
  if (reply.ok) return reply.status === 204 ? null : reply.json();
  const e = await reply.json().catch(() => null);
  throw new Refused(e?.text ?? `The station answers ${reply.status}.`, e?.action ?? "Load the page again.");
}

/** make has the browser make a passkey. @param {any} options as the station gives them @returns {Promise<unknown>} */
export async function make(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return answer(await navigator.credentials.create({ publicKey }));
}

/** find has the browser ask for a passkey. @param {any} options as the station gives them @returns {Promise<unknown>} */
export async function find(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return answer(await navigator.credentials.get({ publicKey }));
}

/** @param {Credential|null} c */
function answer(c) {
  if (!(c instanceof PublicKeyCredential)) throw new Refused("The browser gave no passkey.", "Try again.");
  return c.toJSON();
}

/** why says what went wrong, of the station's refusals and the browser's alike. @param {unknown} e @returns {{what: string, action: string}} */
export function why(e) {
  if (e instanceof Refused) return { what: e.message, action: e.action };
  const name = e instanceof Error ? e.name : "";
  return browserSays[name] ?? { what: "The browser could not use a passkey here.", action: "Try again; if it goes on, use another browser." };
}

/** @type {Record<string, {what: string, action: string}>} */
const browserSays = {
  NotAllowedError: { what: "No passkey was used: it was cancelled, or took too long.", action: "Press the button again, then touch your key or confirm on your device." },
  InvalidStateError: { what: "This device has a passkey of yours for this station already.", action: "Log in with it, or enrol with another device or key." },
  SecurityError: { what: "The browser uses no passkeys for this address.", action: "Open the page by the station’s name, over https, or as localhost on its own machine." },
  AbortError: { what: "The browser ended it.", action: "Press the button again." },
};

/**
 * place says whether passkeys can be used where a page was opened, and if not, why and where they can.
 * @param {URL} at @param {boolean} secure
 * @returns {{what: string, action: string, href: string}|null} null: they can
 */
export function place(at, secure) {
  const address = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/.test(at.hostname);
  if (address) {
    const near = /^(127\.|\[::1\])/.test(at.hostname);
    const there = new URL(at);
    there.hostname = "localhost";
    return {
      what: `This page was opened by the address ${at.hostname}, and passkeys work only under a name.`,
      action: near ? "Open it as localhost:" : "Open it by the station’s name; whoever runs the station knows it.",
      href: near ? there.href : "",
    };
  }
  if (secure) return null;
  return { what: "This page was opened over plain HTTP, and passkeys work only over https.", action: "Open it by its https address, or as localhost on the station’s own machine.", href: "" };
}

/** onward is where a page leads: a path on this station, and nothing else. @param {string|null} next @param {string} origin */
export function onward(next, origin) {
  if (!next?.startsWith("/")) return "/";
  try {
    const to = new URL(next, origin);
    return to.origin === origin ? to.pathname + to.search : "/";
  } catch {
    return "/";
  }
}

/** What each role is called, and may do. @type {Record<string, {name: string, may: string}>} */
export const roles = {
  officer: { name: "watch officer", may: "calls, answers, writes, takes the watch" },
  principal: { name: "principal", may: "whom the line is for: calls, answers, writes, suspends, discloses" },
  observer: { name: "observer", may: "sees everything and listens, and does nothing else" },
  administrator: { name: "administrator", may: "people, roster, accord, the station itself" },
};

/** listed names roles in a sentence. @param {string[]} list */
export const listed = (list) => list.map((r) => roles[r]?.name ?? r).join(", ");
