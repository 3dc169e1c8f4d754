/** Bytes of the commands in memory, waiting or leased, of all steps together. */
export class Bytes {
  private held = 0;

  constructor(
    private readonly most: number,
    /** There is space again. */
    private readonly freed: () => void,
  ) {}

  get isFull(): boolean {
    return this.held >= this.most;
  }

  add(bytes: number): void {
    this.held += bytes;
  }

  remove(bytes: number): void {
    const wasFull = this.isFull;
    this.held -= bytes;
    if (wasFull && !this.isFull) this.freed();
  }
}
