/**
 * Records that could not be used, kept byte for byte: look at them, read them again, or put them
 * away.
 */

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ProblemError } from '../../client/index.js';
import { moment } from '../data/format.js';
import { gateway } from '../data/gateway.js';
import { useLoaded } from '../data/load.js';
import {
  DiscardRecordDocument,
  QuarantineListDocument,
  type QuarantineListQuery,
  type QuarantineState,
  ReplayRecordDocument,
} from '../generated/graphql.js';
import { ReasonDialog } from '../parts/dialog.js';
import { Empty, Page, Shown } from '../parts/frame.js';
import { Pager } from '../parts/pager.js';
import { Status } from '../parts/status.js';

type QuarantinedRecord = QuarantineListQuery['quarantine']['edges'][number]['node'];
type Verb = 'replay' | 'discard';
const STATES: readonly QuarantineState[] = ['OPEN', 'REPLAYED', 'DISCARDED'];

export function QuarantinePage() {
  const { query } = useLocation();
  const state = STATES.find((one) => one === query.state) ?? null;
  const after = query.after || null;
  const loaded = useLoaded(JSON.stringify([state, after]), async (signal) => {
    const variables = { state, after };
    return (await gateway.request(QuarantineListDocument, variables, { signal })).quarantine;
  });
  return (
    <Page title="Quarantine">
      <StateTabs chosen={state} />
      <Shown loaded={loaded}>
        {({ edges, pageInfo }) =>
          edges.length === 0 ? (
            <Empty>Nothing is in quarantine{state === null ? '' : ` as ${state}`}.</Empty>
          ) : (
            <>
              <Records records={edges.map(({ node }) => node)} reload={loaded.reload} />
              <Pager {...pageInfo} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function StateTabs({ chosen }: { readonly chosen: QuarantineState | null }) {
  return (
    <nav class="tabs" aria-label="State">
      <a href="/quarantine" aria-current={chosen === null ? 'page' : undefined}>
        all
      </a>
      {STATES.map((state) => (
        <a
          key={state}
          href={`/quarantine?state=${state}`}
          aria-current={chosen === state ? 'page' : undefined}
        >
          {state}
        </a>
      ))}
    </nav>
  );
}

interface RecordsProps {
  readonly records: readonly QuarantinedRecord[];
  readonly reload: () => void;
}

function Records({ records, reload }: RecordsProps) {
  const [open, setOpen] = useState<{ readonly id: string; readonly verb: Verb } | null>(null);
  return (
    <>
      <ul class="cards">
        {records.map((record) => (
          <li key={record.id}>
            <RecordShown record={record} choose={(verb) => setOpen({ id: record.id, verb })} />
          </li>
        ))}
      </ul>
      {open !== null && (
        <ReasonDialog
          title={open.verb === 'replay' ? 'Read the record again' : 'Discard the record'}
          verb={open.verb === 'replay' ? 'Replay' : 'Discard'}
          dangerous={open.verb === 'discard'}
          act={(reason) => settle(open.verb, open.id, reason).then(reload)}
          close={() => setOpen(null)}
        />
      )}
    </>
  );
}

async function settle(verb: Verb, id: string, reason: string): Promise<void> {
  const { problems } =
    verb === 'replay'
      ? (await gateway.request(ReplayRecordDocument, { id, reason })).replayQuarantined
      : (await gateway.request(DiscardRecordDocument, { id, reason })).discardQuarantined;
  if (problems.length > 0) throw new ProblemError(problems);
}

function RecordShown({
  record,
  choose,
}: {
  readonly record: QuarantinedRecord;
  readonly choose: (verb: Verb) => void;
}) {
  const { code, message, state } = record;
  return (
    <>
      <div class="page-head">
        <p>
          <Status of={state} /> <code>{code}</code> {message}
        </p>
        {state === 'OPEN' && <RecordActions choose={choose} />}
      </div>
      <RecordOrigin record={record} />
      {record.settledBy !== null && (
        <p>
          {state} by {record.settledBy}, {moment(record.settledAt)}: {record.settledReason}
        </p>
      )}
      {record.value !== null && (
        <details class="json">
          <summary>Its value{record.valueIsBase64 ? ' (no UTF-8 text: base64)' : ''}</summary>
          <pre>{record.value}</pre>
        </details>
      )}
    </>
  );
}

function RecordActions({ choose }: { readonly choose: (verb: Verb) => void }) {
  return (
    <div class="page-actions">
      <button type="button" onClick={() => choose('replay')}>
        Replay
      </button>
      <button type="button" class="danger" onClick={() => choose('discard')}>
        Discard
      </button>
    </div>
  );
}

function RecordOrigin({ record }: { readonly record: QuarantinedRecord }) {
  const { topic, partition, offset, receivedAt, flowId } = record;
  return (
    <p class="muted">
      {topic}, partition {partition}, offset {offset}, {moment(receivedAt)}
      {flowId !== null && (
        <>
          {', '}
          <a href={`/flows/${encodeURIComponent(flowId)}`}>flow {flowId}</a>
        </>
      )}
    </p>
  );
}
