/**
 * Work that takes a while on the event loop, so much per turn of it: whatever else is ready comes
 * in between. Without it, a turn is as long as all that is ready at once, and a start that is
 * stored takes about ten of them. Long turns are followed by as much time without any of this work,
 * so that what goes back and forth with the database waits for one of them, not for ten.
 */

interface Piece {
  readonly work: () => void;
  readonly share: number;
}

/** ms. A turn that took less is not followed by a pause. */
const SHORT_MS = 5;
const LONGEST_REST_MS = 200;

export class Turns {
  private readonly waiting: Piece[] = [];
  private running = false;

  /** `share`: how much of a turn it takes. */
  add(work: () => void, share = 1): void {
    this.waiting.push({ work, share });
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.next());
  }

  /** Resolves when it is the caller's turn. */
  turn(share = 1): Promise<void> {
    return new Promise((resolve) => this.add(resolve, share));
  }

  private next(): void {
    const began = performance.now();
    for (let spent = 0; spent < 1; ) {
      const piece = this.waiting.shift();
      if (piece === undefined) {
        this.running = false;
        return;
      }
      spent += piece.share;
      piece.work();
    }
    // Only the next turn shows how long this one took: promises go on after it.
    setImmediate(() => {
      const took = performance.now() - began;
      if (took <= SHORT_MS) this.next();
      else setTimeout(() => this.next(), Math.min(took, LONGEST_REST_MS));
    });
  }
}
