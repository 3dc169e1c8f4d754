export interface Refused {
  readonly statement: string;
  readonly message: string;
}

export function makePartitioned(databaseUrl: string, count: number): Promise<readonly Refused[]>;
