// @ts-check
/**
 * Which characters are unseen, and which letters are alike. The tables are small on
 * purpose, and the station's own: message/testdata/visible.txt has their text, and
 * the tests of both sides read it.
 */

/** Spans of code points in rising order, both ends in it. @typedef {[number, number][]} Spans */

/** spans reads "A0 1680 2000-200A". @param {string} text @returns {Spans} */
function spans(text) {
  return text.trim().split(/\s+/).map((s) => {
    const [first, last] = s.split("-").map((hex) => parseInt(hex, 16));
    return [first, last ?? first];
  });
}

/** has looks a code point up. @param {Spans} set @param {number} r */
export function has(set, r) {
  let low = 0, high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1, [first, last] = set[middle];
    if (r < first) high = middle - 1;
    else if (r > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** What is not simply shown, by why. */
export const unseen = {
  control: spans("00-08 0B-1F 7F-9F"),
  direction: spans("61C 200E-200F 202A-202E 2066-2069"),
  mark: spans("27E8-27E9"),
  space: spans("A0 1680 2000-200A 2028-2029 202F 205F 2800 3000"),
  private: spans("E000-F8FF FFFC F0000-10FFFF"),
  invisible: spans(`AD 34F 70F 115F-1160 17B4-17B5 180B-180F 200B-200D 2060-2065 206A-206F 3164 FE00-FE0F FEFF FFA0
    FFF0-FFFB 13430-13440 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF`),
  double: spans("251 261 2024 2044 2215 2236 24B6-24E9 A789 FF01-FF5E 1D400-1D7FF"),
};

/** Doubles that belong to texts of which some character is eastern. */
export const fullWidth = spans("FF01-FF5E"), eastern = spans("3041-30FF 3400-9FFF AC00-D7A3");

/** Characters that a joiner or a selector makes one picture of. */
export const pictures = spans(`A9 AE 203C 2049 2122 2139 2190-21FF 2300-23FF 24C2 25A0-27BF 2900-297F 2B00-2BFF 3030 303D
  3297 3299 1F000-1FAFF`);

/** The scripts in which a joiner is part of the spelling. */
export const joining = spans("600-DFF");

/** Marks that are drawn over or under the letter before, as many as there are. */
export const stacking = spans(`300-36F 483-489 591-5BD 5BF-5C7 610-61A 64B-65F 670 6D6-6ED 730-74A 7A6-7B0 7EB-7F3 816-82D
  859-85B 8CA-8FF 900-902 93A-93C 941-948 94D-957 E31 E34-E3A E47-E4E EB1 EB4-EBC EC8-ECE F71-F84 F8D-FBC 1AB0-1AFF
  1CD0-1CF9 1DC0-1DFF 20D0-20F0 2CEF-2CF1 2DE0-2DFF 3099-309A A66F-A672 A674-A67D A8E0-A8F1 FE20-FE2F 1D165-1D169`);

/** The five scripts whose letters are mistaken for each other's; of as many in a word, the first here is the word's. */
export const scripts = [
  { name: "Latin", letters: spans("41-5A 61-7A AA BA C0-D6 D8-F6 F8-2AF 1E00-1EFF") },
  { name: "Cyrillic", letters: spans("400-481 48A-52F") },
  { name: "Greek", letters: spans("370-3FF 1F00-1FFF") },
  { name: "Armenian", letters: spans("531-556 560-588") },
  { name: "Cherokee", letters: spans("13A0-13FD") },
];

/** pairs reads "430=a 441=c": each letter and the Latin one that it looks like. @param {string} text */
const pairs = (text) => new Map(text.trim().split(/\s+/).map((p) => /** @type {[number, string]} */ ([parseInt(p, 16), p.slice(-1)])));

/** @type {Map<number, string>[]} */
const looks = [
  new Map(),
  pairs(`430=a 441=c 501=d 435=e 4BB=h 456=i 458=j 43A=k 4CF=l 43E=o 440=p 51B=q 433=r 455=s 475=v 51D=w 445=x 443=y 4AF=y
    410=A 412=B 421=C 415=E 50C=G 41D=H 406=I 4C0=I 408=J 41A=K 41C=M 41E=O 420=P 51A=Q 405=S 422=T 474=V 51C=W 425=X
    423=Y 4AE=Y`),
  pairs(`3B1=a 3F2=c 3B9=i 3F3=j 3BA=k 3B7=n 3BF=o 3C3=o 3C1=p 3C5=u 3BD=v 3C9=w 3C7=x 3B3=y 391=A 392=B 3F9=C 395=E 397=H
    399=I 37F=J 39A=K 39C=M 39D=N 39F=O 3A1=P 3A4=T 3A7=X 3A5=Y 396=Z`),
  pairs("585=o 57D=u 570=h 578=n 581=g 566=q 555=O 54D=U 54F=S 53C=L"),
  pairs("13AA=A 13F4=B 13DF=C 13A0=D 13AC=E 13C0=G 13BB=H 13AB=J 13E6=K 13DE=L 13B7=M 13E2=P 13A1=R 13DA=S 13A2=T 13D9=V 13B3=W 13A9=Y 13C3=Z"),
];

/** scriptOf gives the script of a letter, as its place in scripts; -1: it is none's. @param {number} r */
export const scriptOf = (r) => scripts.findIndex((s) => has(s.letters, r));

/** mistaken: a letter of one script looks like one of another. @param {number} r @param {number} own @param {number} other */
export function mistaken(r, own, other) {
  const look = own === 0 ? String.fromCodePoint(r) : looks[own].get(r);
  if (look === undefined) return false;
  return other === 0 || [...looks[other].values()].includes(look);
}
