/**
 * Further pages of a list. The place is in the address, so that it can be shared; the browser's
 * Back goes to the page before.
 */
import { useLocation } from 'preact-iso';

export function Pager({
  hasNextPage,
  endCursor,
}: {
  readonly hasNextPage: boolean;
  readonly endCursor?: string | null | undefined;
}) {
  const { url } = useLocation();
  const here = new URL(url, location.origin);
  const isFirst = !here.searchParams.has('after');
  const to = (after: string | null): string => {
    const next = new URL(here);
    if (after === null) next.searchParams.delete('after');
    else next.searchParams.set('after', after);
    return `${next.pathname}${next.search}`;
  };
  if (isFirst && !hasNextPage) return null;
  return (
    <nav class="pager" aria-label="Further pages">
      {!isFirst && (
        <a class="button" href={to(null)}>
          First page
        </a>
      )}
      {hasNextPage && (
        <a class="button" href={to(endCursor ?? null)}>
          Next page
        </a>
      )}
    </nav>
  );
}
