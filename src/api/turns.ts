/** Work that takes a while on the event loop, one piece per turn of it: whatever else is ready comes in between. */

export class Turns {
  private readonly waiting: (() => void)[] = [];
  private running = false;

  add(work: () => void): void {
    this.waiting.push(work);
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    this.waiting.shift()?.();
    this.running = this.waiting.length > 0;
    if (this.running) setImmediate(() => this.next());
  }
}
