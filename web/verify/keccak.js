// @ts-check
// SHAKE128 and SHAKE256 (FIPS 202): what ML-DSA is made of, and no browser offers.

/** The round constants, as pairs of low and high halves. */
const ROUNDS = (() => {
  const out = [];
  let r = 1;
  for (let round = 0; round < 24; round++) {
    let lo = 0, hi = 0;
    for (let j = 0; j < 7; j++) {
      const bit = (1 << j) - 1;
      if (r & 1) {
        if (bit < 32) lo |= 1 << bit;
        else hi |= 1 << (bit - 32);
      }
      r = r & 0x80 ? (r << 1) ^ 0x171 : r << 1;
    }
    out.push([lo, hi]);
  }
  return out;
})();

/** The turns and places of ρ and π, walked together. */
const TURNS = [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];
const PLACES = [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

/**
 * Keccak-f[1600] over 25 lanes, each a low and a high half.
 * @param {Int32Array} s 50 halves
 */
function permute(s) {
  const c = new Int32Array(10);
  const row = new Int32Array(10);
  for (let round = 0; round < 24; round++) {
    for (let i = 0; i < 10; i++) c[i] = s[i] ^ s[i + 10] ^ s[i + 20] ^ s[i + 30] ^ s[i + 40];
    for (let x = 0; x < 5; x++) {
      const a = 2 * ((x + 4) % 5), b = 2 * ((x + 1) % 5);
      const lo = c[a] ^ ((c[b] << 1) | (c[b + 1] >>> 31));
      const hi = c[a + 1] ^ ((c[b + 1] << 1) | (c[b] >>> 31));
      for (let y = 0; y < 50; y += 10) {
        s[2 * x + y] ^= lo;
        s[2 * x + y + 1] ^= hi;
      }
    }
    let lo = s[2], hi = s[3];
    for (let i = 0; i < 24; i++) {
      const at = 2 * PLACES[i], n = TURNS[i];
      const nextLo = s[at], nextHi = s[at + 1];
      const [l, h] = n < 32 ? [lo, hi] : [hi, lo];
      const k = n & 31;
      s[at] = k ? (l << k) | (h >>> (32 - k)) : l;
      s[at + 1] = k ? (h << k) | (l >>> (32 - k)) : h;
      lo = nextLo;
      hi = nextHi;
    }
    for (let y = 0; y < 50; y += 10) {
      for (let i = 0; i < 10; i++) row[i] = s[y + i];
      for (let i = 0; i < 10; i++) s[y + i] = row[i] ^ (~row[(i + 2) % 10] & row[(i + 4) % 10]);
    }
    s[0] ^= ROUNDS[round][0];
    s[1] ^= ROUNDS[round][1];
  }
}

/** A stream of bytes made from others. */
export class Shake {
  /**
   * @param {128 | 256} strength
   * @param {Uint8Array[]} parts what is absorbed, one after the other
   */
  constructor(strength, ...parts) {
    this.rate = 200 - strength / 4;
    this.state = new Int32Array(50);
    this.at = 0;
    for (const part of parts) for (const byte of part) this.absorb(byte);
    this.mix(this.at, 0x1f);
    this.mix(this.rate - 1, 0x80);
    permute(this.state);
    this.at = 0;
  }

  /**
   * @param {number} i
   * @param {number} byte
   */
  mix(i, byte) {
    this.state[i >> 2] ^= byte << (8 * (i & 3));
  }

  /** @param {number} byte */
  absorb(byte) {
    this.mix(this.at++, byte);
    if (this.at === this.rate) {
      permute(this.state);
      this.at = 0;
    }
  }

  /** @returns {number} the next byte */
  next() {
    if (this.at === this.rate) {
      permute(this.state);
      this.at = 0;
    }
    const i = this.at++;
    return (this.state[i >> 2] >>> (8 * (i & 3))) & 0xff;
  }

  /**
   * @param {number} n
   * @returns {Uint8Array}
   */
  read(n) {
    return Uint8Array.from({ length: n }, () => this.next());
  }
}
