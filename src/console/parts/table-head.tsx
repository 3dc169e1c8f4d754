/** The headings of a table. */
import type { ComponentChildren } from 'preact';

interface TableHeadProps {
  readonly titles: readonly string[];
  /** Those whose column has numbers. */
  readonly numbers?: readonly string[];
  /** Further headings, after the titles. */
  readonly children?: ComponentChildren;
}

export function TableHead({ titles, numbers = [], children }: TableHeadProps) {
  return (
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col" class={numbers.includes(title) ? 'number' : undefined}>
            {title}
          </th>
        ))}
        {children}
      </tr>
    </thead>
  );
}
