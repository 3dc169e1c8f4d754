/** What is wanted of payloads that are written anew, and what became of it. */
export interface ReencryptRequest {
  /** How many flows and quarantined records at most. */
  readonly first: number;
  /** endCursor of the call before. */
  readonly after: string | null;
  readonly actor: string;
  readonly reason: string;
}
export interface ReencryptResult {
  readonly examined: number;
  readonly rewritten: number;
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}
