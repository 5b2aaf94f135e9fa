// @ts-check
/**
 * What the page asks of a principal's key, and how it answers (W3C WebAuthn Level 3, sections 5.1.3 and 5.1.4). Bytes
 * are base64url without padding, as the station has them. No DOM.
 */

import { Refusal } from "./protocol.js";

/** @typedef {import("./apipresence.js").Touch} Touch */
/** @typedef {import("./apipresence.js").Touched} Touched */
/** @typedef {import("./apipresence.js").NewKey} NewKey */
/** @typedef {import("./apipresence.js").CreatedKey} CreatedKey */

/** @param {ArrayBuffer} bytes */
export const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {string} text */
export const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** touch waits until the key was touched, and gives what it signed. @param {Touch} t @returns {Promise<Touched>} */
export async function touch(t) {
  const key = await asked(() => navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(t.challenge), rpId: t.rp_id, timeout: t.timeout_ms, userVerification: "required",
      allowCredentials: [{ type: "public-key", id: bytesOf(t.credential) }],
    },
  }));
  const answer = /** @type {AuthenticatorAssertionResponse} */ (key.response);
  return {
    nonce: t.nonce, authenticator_data: base64url(answer.authenticatorData), client_data: base64url(answer.clientDataJSON),
    signature: base64url(answer.signature),
  };
}

/** create has a key make a credential for this station. @param {NewKey} k @returns {Promise<CreatedKey>} */
export async function create(k) {
  const key = await asked(() => navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(k.challenge), rp: { id: k.rp_id, name: "Ringdown" }, timeout: k.timeout_ms, attestation: "none",
      user: { id: bytesOf(k.user), name: k.name, displayName: k.name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -8 }],
      authenticatorSelection: { userVerification: "required", residentKey: "discouraged" },
      excludeCredentials: k.exclude.map((id) => ({ type: /** @type {const} */ ("public-key"), id: bytesOf(id) })),
    },
  }));
  const answer = /** @type {AuthenticatorAttestationResponse} */ (key.response);
  return { challenge: k.challenge, client_data: base64url(answer.clientDataJSON), attestation: base64url(answer.attestationObject) };
}

/** What the browser says when a key is not to be had, in words. @type {Record<string, {text: string, action: string}>} */
const failures = {
  NotAllowedError: { text: "The key did not answer: it was not touched in time, or it is not the registered one.", action: "Put the registered key in and begin again." },
  SecurityError: { text: "The key belongs to another address than this page's.", action: "Open the console under the address where the key was registered." },
  InvalidStateError: { text: "This key is registered already.", action: "Use another one." },
  NotSupportedError: { text: "The key cannot sign in a way that is accepted.", action: "Use a key that does ES256 or EdDSA." },
};

/** asked turns the browser's failures into sentences. @param {() => Promise<Credential|null>} ask */
async function asked(ask) {
  if (!globalThis.PublicKeyCredential) {
    throw new Refusal({ code: "no-webauthn", text: "This browser asks no keys at this address.", action: "Open the console by https, or at localhost on the station's machine." });
  }
  try {
    const key = await ask();
    if (key instanceof PublicKeyCredential) return key;
  } catch (e) {
    const failure = failures[e instanceof Error ? e.name : ""];
    if (!failure) throw e;
    throw new Refusal({ code: "no-touch", ...failure });
  }
  throw new Refusal({ code: "no-touch", ...failures.NotAllowedError });
}
