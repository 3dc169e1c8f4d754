export const RINGS: readonly {
  readonly name: string;
  readonly folders?: readonly string[];
}[];
