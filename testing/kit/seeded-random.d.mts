export class SeededRandom {
  constructor(seed: number | string);
  next(): number;
  int(least: number, most: number): number;
  between(least: number, most: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  wait(usual: number, longest: number, rarely?: number): number;
}
export function fractionOf(...parts: readonly (string | number)[]): number;
