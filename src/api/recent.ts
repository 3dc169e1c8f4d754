/** What was made of texts that callers send again and again, for those that came last. */

/** Bounds of what is kept: clients of one installation have few documents, and short ones. */
const MOST_KEPT = 200;
const LONGEST_KEPT = 10_000;

export class Recent<V> {
  private readonly kept = new Map<string, V>();

  get(text: string): V | undefined {
    const value = this.kept.get(text);
    if (value !== undefined) this.keep(text, value);
    return value;
  }

  keep(text: string, value: V): void {
    if (text.length > LONGEST_KEPT) return;
    this.kept.delete(text);
    this.kept.set(text, value);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }
}
