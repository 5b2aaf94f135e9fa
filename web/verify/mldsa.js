// @ts-check
// Verification of ML-DSA-44 signatures (FIPS 204), in the names of that standard. There are no
// secrets in it, so nothing here need take the same time for every input.
import { Shake } from "./keccak.js";

const Q = 8380417;
const N = 256;
const ROWS = 4, COLUMNS = 4;
const GAMMA1 = 1 << 17, GAMMA2 = (Q - 1) / 88, BETA = 78, OMEGA = 80, TAU = 39, D = 13;
const C_SIZE = 32;

export const MLDSA44_KEY = 1312;
export const MLDSA44_SIGNATURE = 2420;

/**
 * @param {number} a below Q
 * @param {number} b below Q
 */
function times(a, b) {
  // 23 bits by 23 bits: in two steps, so that no product exceeds 53 bits.
  return ((((a * (b >>> 12)) % Q) * 4096) + a * (b & 4095)) % Q;
}

/** Powers of the root of unity 1753, in the order in which the transforms use them. */
const ZETAS = (() => {
  const out = new Int32Array(N);
  for (let i = 0; i < N; i++) {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) reversed |= ((i >> bit) & 1) << (7 - bit);
    let z = 1;
    for (let k = 0; k < reversed; k++) z = times(z, 1753);
    out[i] = z;
  }
  return out;
})();

/**
 * The number-theoretic transform, in place.
 * @param {Int32Array} w
 */
function ntt(w) {
  for (let m = 0, len = 128; len >= 1; len >>= 1) {
    for (let start = 0; start < N; start += 2 * len) {
      const z = ZETAS[++m];
      for (let j = start; j < start + len; j++) {
        const t = times(z, w[j + len]);
        w[j + len] = (w[j] - t + Q) % Q;
        w[j] = (w[j] + t) % Q;
      }
    }
  }
  return w;
}

/**
 * Its inverse, in place.
 * @param {Int32Array} w
 */
function inverse(w) {
  for (let m = N, len = 1; len < N; len <<= 1) {
    for (let start = 0; start < N; start += 2 * len) {
      const z = Q - ZETAS[--m];
      for (let j = start; j < start + len; j++) {
        const t = w[j];
        w[j] = (t + w[j + len]) % Q;
        w[j + len] = times(z, (t - w[j + len] + Q) % Q);
      }
    }
  }
  for (let j = 0; j < N; j++) w[j] = times(w[j], 8347681); // 1/256
  return w;
}

/**
 * One polynomial of the matrix A, sampled in its transformed form (RejNTTPoly).
 * @param {Uint8Array} rho
 * @param {number} row
 * @param {number} column
 */
function sampleA(rho, row, column) {
  const stream = new Shake(128, rho, Uint8Array.of(column, row));
  const a = new Int32Array(N);
  for (let j = 0; j < N;) {
    const c = stream.next() | (stream.next() << 8) | ((stream.next() & 0x7f) << 16);
    if (c < Q) a[j++] = c;
  }
  return a;
}

/**
 * The challenge: TAU coefficients of 1 or -1 (SampleInBall).
 * @param {Uint8Array} seed
 */
function challenge(seed) {
  const stream = new Shake(256, seed);
  const signs = stream.read(8);
  const c = new Int32Array(N);
  for (let i = N - TAU, bit = 0; i < N; i++, bit++) {
    let j = stream.next();
    while (j > i) j = stream.next();
    c[i] = c[j];
    c[j] = (signs[bit >> 3] >> (bit & 7)) & 1 ? Q - 1 : 1;
  }
  return c;
}

/**
 * Unpacks coefficients of so many bits, the lowest first.
 * @param {Uint8Array} b
 * @param {number} bits
 */
function unpack(b, bits) {
  const out = new Int32Array(N);
  for (let i = 0, at = 0; i < N; i++) {
    for (let bit = 0; bit < bits; bit++, at++) out[i] |= ((b[at >> 3] >> (at & 7)) & 1) << bit;
  }
  return out;
}

/**
 * The hints, or null if they are not in their one form (HintBitUnpack).
 * @param {Uint8Array} y
 */
function hints(y) {
  const h = Array.from({ length: ROWS }, () => new Uint8Array(N));
  let index = 0;
  for (let i = 0; i < ROWS; i++) {
    const end = y[OMEGA + i];
    if (end < index || end > OMEGA) return null;
    for (let first = index; index < end; index++) {
      if (index > first && y[index - 1] >= y[index]) return null;
      h[i][y[index]] = 1;
    }
  }
  for (; index < OMEGA; index++) if (y[index] !== 0) return null;
  return h;
}

/**
 * The high part of a coefficient, moved by its hint (UseHint).
 * @param {number} hint
 * @param {number} r below Q
 */
function useHint(hint, r) {
  let low = r % (2 * GAMMA2);
  if (low > GAMMA2) low -= 2 * GAMMA2;
  let high = (r - low) / (2 * GAMMA2);
  if (r - low === Q - 1) {
    high = 0;
    low--;
  }
  if (!hint) return high;
  return low > 0 ? (high + 1) % 44 : (high + 43) % 44;
}

/**
 * Verifies a signature with an empty context.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @returns {boolean}
 */
export function verifyMLDSA44(key, message, signature) {
  if (key.length !== MLDSA44_KEY || signature.length !== MLDSA44_SIGNATURE) return false;
  const seed = signature.subarray(0, C_SIZE);
  /** @type {Int32Array[]} */
  const z = [];
  for (let i = 0; i < COLUMNS; i++) {
    const packed = unpack(signature.subarray(C_SIZE + 576 * i, C_SIZE + 576 * (i + 1)), 18);
    for (let j = 0; j < N; j++) {
      const v = GAMMA1 - packed[j];
      if (Math.abs(v) >= GAMMA1 - BETA) return false;
      packed[j] = (v + Q) % Q;
    }
    z.push(ntt(packed));
  }
  const h = hints(signature.subarray(C_SIZE + 576 * COLUMNS));
  if (!h) return false;
  const rho = key.subarray(0, 32);
  const mu = new Shake(256, new Shake(256, key).read(64), Uint8Array.of(0, 0), message).read(64);
  const c = ntt(challenge(seed));
  const again = new Shake(256, mu, ...h.map((hint, row) => packHigh(hint, rowOf(rho, key, row, z, c)))).read(C_SIZE);
  return again.every((byte, i) => byte === seed[i]);
}

/**
 * One row of A·z − c·t₁·2ᴰ.
 * @param {Uint8Array} rho
 * @param {Uint8Array} key
 * @param {number} row
 * @param {Int32Array[]} z transformed
 * @param {Int32Array} c transformed
 */
function rowOf(rho, key, row, z, c) {
  const t = unpack(key.subarray(32 + 320 * row, 32 + 320 * (row + 1)), 10);
  for (let j = 0; j < N; j++) t[j] = (t[j] << D) % Q;
  ntt(t);
  const w = new Int32Array(N);
  for (let j = 0; j < N; j++) w[j] = Q - times(c[j], t[j]);
  for (let column = 0; column < COLUMNS; column++) {
    const a = sampleA(rho, row, column);
    for (let j = 0; j < N; j++) w[j] = (w[j] + times(a[j], z[column][j])) % Q;
  }
  return inverse(w);
}

/**
 * The high parts, six bits each.
 * @param {Uint8Array} hint
 * @param {Int32Array} w
 */
function packHigh(hint, w) {
  const out = new Uint8Array((N * 6) / 8);
  for (let i = 0, at = 0; i < N; i++) {
    const v = useHint(hint[i], w[i]);
    for (let bit = 0; bit < 6; bit++, at++) out[at >> 3] |= ((v >> bit) & 1) << (at & 7);
  }
  return out;
}
