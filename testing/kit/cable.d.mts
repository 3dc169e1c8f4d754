/** A TCP proxy to a port of this machine that can be cut like a cable. */
export class Cable {
  constructor(target?: number);
  readonly port: number;
  listen(): Promise<Cable>;
  /** Nothing is closed, and nothing gets through. */
  cut(): void;
  mend(): void;
  close(): void;
}
