/**
 * A budget shared by all principals: each may take at most its share, and all together at most the
 * whole.
 */

export class Shares {
  private readonly taken = new Map<string, number>();
  private inAll = 0;

  constructor(
    private readonly each: number,
    private readonly all: number,
    /** Called each time something does not fit. */
    private readonly refused: () => void = () => undefined,
  ) {}

  fits(principal: string, amount: number): boolean {
    const own = (this.taken.get(principal) ?? 0) + amount;
    if (own <= this.each && this.inAll + amount <= this.all) return true;
    this.refused();
    return false;
  }

  /** False: it would be too much, and nothing was taken. */
  take(principal: string, amount: number): boolean {
    if (!this.fits(principal, amount)) return false;
    this.taken.set(principal, (this.taken.get(principal) ?? 0) + amount);
    this.inAll += amount;
    return true;
  }

  give(principal: string, amount: number): void {
    const own = (this.taken.get(principal) ?? 0) - amount;
    this.inAll -= amount;
    if (own > 0) this.taken.set(principal, own);
    else this.taken.delete(principal);
  }
}
