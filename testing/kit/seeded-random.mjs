/** Everything random in a test comes from here: the same seed, the same draws. */
export class SeededRandom {
  /** @param seed a number, or a text */
  constructor(seed) {
    const number = typeof seed === 'number' ? seed : hashOf(seed);
    this.state = Math.imul(number ^ 0x9e3779b9, 0x85ebca6b) | 0;
    for (let turn = 0; turn < 8; turn++) this.next();
  }

  /** In [0, 1). Mulberry32: small, fast, and good enough to choose faults. */
  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  between(least, most) {
    return least + this.next() * (most - least);
  }

  happens(probability) {
    return probability > 0 && this.next() < probability;
  }

  pick(from) {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[Math.floor(this.next() * from.length)];
  }

  /** By weight: `{ ok: 9, failed: 1 }`. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [kind, weight] of entries) {
      left -= weight;
      if (left < 0) return kind;
    }
    return entries[0][0];
  }

  /** Mostly short, now and then long. */
  wait(usual, longest, rarely = 0.05) {
    return this.happens(rarely) ? this.int(usual, longest) : this.int(0, usual);
  }
}

/** FNV-1a with a final mix: 32 bits of the text. */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * In [0, 1), the same for the same parts: what happens to a command depends on its attempt, not on
 * when it came.
 */
export const fractionOf = (...parts) => hashOf(parts.join('\u0000')) / 2 ** 32;
