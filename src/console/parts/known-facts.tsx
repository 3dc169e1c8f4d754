/** Facts of a list (`dl`), without those that have no value. */
export type Fact = readonly [name: string, value: string | null | undefined];

export function KnownFacts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <>
      {facts.map(([name, value]) =>
        value ? (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ) : null,
      )}
    </>
  );
}
