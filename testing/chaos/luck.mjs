/** Chance that can be repeated: a number from a seed and words, and a sequence of them. */

/** FNV-1a with a final stir: 32 bits of the text. */
function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 0 ≤ n < 1, the same for the same words: what happens to a command depends on its attempt, not on when it came. */
export const chance = (...words) => hash(words.join('\u0000')) / 2 ** 32;

/** A sequence of chances. */
export class Luck {
  constructor(seed) {
    this.seed = seed;
    this.drawn = 0;
  }

  next() {
    return chance(this.seed, this.drawn++);
  }

  between(least, most) {
    return least + this.next() * (most - least);
  }

  of(list) {
    return list[Math.floor(this.next() * list.length)];
  }
}
