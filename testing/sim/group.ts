/** The gateways' consumer group: who reads which partition, until it is shared out anew. */
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Partition, Topics } from './log.js';

export interface Seat {
  readonly name: string;
  /** From now on these are yours, and nothing else. */
  assigned(partitions: readonly Partition[]): void;
  /** One of yours has something new. */
  wake(): void;
}

export class Group {
  private seats: Seat[] = [];
  private readonly readers = new Map<Partition, Seat>();

  constructor(
    private readonly topics: Topics,
    private readonly intake: readonly string[],
    private readonly random: SeededRandom,
  ) {
    topics.onAppend((partition) => this.readers.get(partition)?.wake());
  }

  has(seat: Seat): boolean {
    return this.seats.includes(seat);
  }

  join(seat: Seat): void {
    if (!this.has(seat)) this.seats.push(seat);
    this.shareOut();
  }

  leave(seat: Seat): void {
    if (!this.has(seat)) return;
    this.seats = this.seats.filter((one) => one !== seat);
    this.shareOut();
  }

  /** Anew, and never as before: nobody may count on keeping a partition. */
  shareOut(): void {
    this.readers.clear();
    const shares = new Map<Seat, Partition[]>(this.seats.map((seat) => [seat, []]));
    const first = this.random.int(0, 1000);
    const all = this.intake.flatMap((topic) => this.topics.partitions(topic));
    all.forEach((partition, index) => {
      const seat = this.seats[(index + first) % this.seats.length];
      if (seat === undefined) return;
      this.readers.set(partition, seat);
      shares.get(seat)?.push(partition);
    });
    for (const [seat, partitions] of shares) seat.assigned(partitions);
  }
}
