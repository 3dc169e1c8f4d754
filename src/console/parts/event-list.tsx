/** What happened, the newest first. */

import { duration } from '../../figures/figures.js';
import { moment } from '../data/format.js';
import type { TimelineEventFragment } from '../generated/graphql.js';

const SHOWN = 200;

interface EventListProps {
  readonly events: readonly TimelineEventFragment[];
  /** ms since the epoch: times are shown as the time since then. */
  readonly from?: number | undefined;
}

export function EventList({ events, from }: EventListProps) {
  const time = (at: string): string =>
    from === undefined ? moment(at) : duration(Date.parse(at) - from);
  if (events.length === 0) return <p class="muted">Nothing yet.</p>;
  const newest = events.slice(-SHOWN).reverse();
  return (
    <>
      <ol class="events" reversed>
        {newest.map((event) => (
          <li key={event.number} class={event.action === 'UNDO' ? 'undo' : ''}>
            <span class="muted">{event.number}</span>
            <time dateTime={event.at}>{time(event.at)}</time>
            <span>
              {event.message ?? event.type}
              {event.actor !== null && <span class="muted"> by {event.actor}</span>}
            </span>
          </li>
        ))}
      </ol>
      {events.length > SHOWN && <p class="muted">and {events.length - SHOWN} before</p>}
    </>
  );
}
