/** Patterns of orchestration names: `*` stands for any characters, everything else for itself. */

/** Of every name. */
export const ANY_NAME = '*';

/** What a pattern looks like, for messages about one that does not. */
export const PATTERN_FORM = 'letters, digits, _, - and * (any characters), like tenant* or *';

export function isPattern(text: string): boolean {
  return /^[A-Za-z0-9_*-]{1,100}$/.test(text);
}

/** Walks both once and steps back to the last `*` only: no pattern makes it slow. */
export function fitsPattern(name: string, pattern: string): boolean {
  let [at, of, star, mark] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[of] === '*') [star, mark, of] = [of, at, of + 1];
    else if (pattern[of] === name[at]) [at, of] = [at + 1, of + 1];
    else if (star === -1) return false;
    else [of, mark, at] = [star + 1, mark + 1, mark + 1];
  }
  return /^\**$/.test(pattern.slice(of));
}

export function fitsAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => fitsPattern(name, pattern));
}

/** Every name fits. */
export function fitsAll(patterns: readonly string[]): boolean {
  return patterns.some((pattern) => /^\*+$/.test(pattern));
}

/**
 * Name patterns of what a caller may see; absent = every name. What does not fit does not exist for
 * this caller.
 */
export type Within = readonly string[] | undefined;

export function isWithin(name: string, within: Within): boolean {
  return within === undefined || fitsAny(name, within);
}
