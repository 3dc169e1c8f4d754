/** What a subscriber got. */

/** The numbers of events, until there are no more. */
export async function numbersOf(
  events: AsyncIterable<{ readonly number: number }>,
): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { number } of events) numbers.push(number);
  return numbers;
}
