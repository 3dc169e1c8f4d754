/** Did you mean … */

/** The nearest of `known`, at most a third of its letters away. */
export function nearest(word: string, known: readonly string[]): string[] {
  const wanted = word.slice(0, 100).toLowerCase();
  return known
    .map((name) => ({ name, away: distance(wanted, name.toLowerCase()) }))
    .filter(
      ({ name, away }) => away <= Math.max(1, Math.floor(Math.max(name.length, word.length) / 3)),
    )
    .sort((a, b) => a.away - b.away)
    .slice(0, 1)
    .map(({ name }) => name);
}

/** Levenshtein: how many letters must change. Every index is in range. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const below = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] as number) + (one[i - 1] === other[j - 1] ? 0 : 1);
      below.push(Math.min(change, (row[j] as number) + 1, (below[j - 1] as number) + 1));
    }
    row = below;
  }
  return row[other.length] as number;
}

/** For the end of a message about a name that is not among these. */
export function didYouMean(suggestions: readonly string[], among: readonly string[]): string {
  return suggestions.length > 0
    ? `; did you mean ${suggestions.join(' or ')}?`
    : `; known are ${among.join(', ')}`;
}
