/** One orchestration: its steps, who works for it, what operators set, and its newest flows. */

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { duration } from '../../figures/figures.js';
import { moment } from '../data/format.js';
import { gateway } from '../data/gateway.js';
import { useChanges } from '../data/live.js';
import { useLoaded } from '../data/load.js';
import {
  type ActionFragment,
  OrchestrationPageDocument,
  type OrchestrationPageQuery,
} from '../generated/graphql.js';
import { ActionButtons, ActionDialog } from '../parts/actions.js';
import { AsyncApiFile } from '../parts/asyncapi.js';
import { FlowTable } from '../parts/flow-table.js';
import { Empty, Page, Shown } from '../parts/frame.js';
import { Json } from '../parts/json.js';
import { Status } from '../parts/status.js';
import { TableHead } from '../parts/table-head.js';

type Found = NonNullable<OrchestrationPageQuery['orchestration']>;
const EVERY = 1000;

export function OrchestrationPage() {
  const name = useRoute().params.name ?? '';
  const loaded = useLoaded(name, async (signal) => {
    const answer = await gateway.request(OrchestrationPageDocument, { name }, { signal });
    return { found: answer.orchestration };
  });
  useChanges(loaded.reload, EVERY, { orchestrationName: name });
  const found = loaded.data?.found;
  return (
    <Page title={name} actions={found && <Actions found={found} reload={loaded.reload} />}>
      <Shown loaded={loaded}>
        {(data) =>
          data.found ? (
            <Body found={data.found} />
          ) : (
            <Empty>
              There is no orchestration {name}. <a href="/">All orchestrations</a>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function Actions({ found, reload }: { readonly found: Found; readonly reload: () => void }) {
  const [open, setOpen] = useState<ActionFragment | null>(null);
  const [queue, setQueue] = useState(false);
  const close = (): void => setOpen(null);
  const act = (reason: string): Promise<unknown> =>
    orchestrationAction(open?.name ?? '', { name: found.name, reason, queue }).then(reload);
  return (
    <>
      <a class="button primary" href={`/orchestrations/${encodeURIComponent(found.name)}/execute`}>
        Execute
      </a>
      <ActionButtons actions={found.availableActions} open={setOpen} />
      {open !== null && (
        <ActionDialog action={open} act={act} close={close}>
          {open.name === 'pauseOrchestration' && (
            <label class="check">
              <input type="checkbox" checked={queue} onChange={() => setQueue(!queue)} />
              Store new flows and begin them when it is resumed. Without this they are refused.
            </label>
          )}
        </ActionDialog>
      )}
    </>
  );
}

function orchestrationAction(
  action: string,
  { queue, ...input }: { readonly name: string; readonly reason: string; readonly queue: boolean },
): Promise<unknown> {
  if (action === 'pauseOrchestration') return gateway.pauseOrchestration({ ...input, queue });
  if (action === 'resumeOrchestration') return gateway.resumeOrchestration(input);
  return gateway.archiveOrchestration(input);
}

function Body({ found }: { readonly found: Found }) {
  return (
    <>
      <Facts found={found} />
      <h2>Steps</h2>
      <StepTable steps={found.steps} />
      <Policies policies={found.policies} />
      {found.payloadSchema !== null && (
        <Json value={found.payloadSchema} label="Schema of the payload" />
      )}
      <h2>Newest flows</h2>
      <NewestFlows name={found.name} flows={found.history.edges.map(({ node }) => node)} />
    </>
  );
}

function Facts({ found }: { readonly found: Found }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <Status of={found.status} /> {found.paused && <Status of="PAUSED" />}{' '}
        {found.archived && <Status of="ARCHIVED" />}
      </dd>
      <dt>Version</dt>
      <dd>
        {found.version}, registered {moment(found.createdAt)}
        {found.initiator !== null && ` by ${found.initiator}`}
      </dd>
      <dt>Steps</dt>
      <dd>{found.type === 'PARALLEL' ? 'all at once' : 'one after the other'}</dd>
      <dt>For its workers</dt>
      <dd>
        <AsyncApiFile name={found.name} />
      </dd>
      <StandingFacts found={found} />
    </dl>
  );
}

interface NewestFlowsProps {
  readonly name: string;
  readonly flows: readonly Found['history']['edges'][number]['node'][];
}

function NewestFlows({ name, flows }: NewestFlowsProps) {
  if (flows.length === 0) return <Empty>No flow was started yet.</Empty>;
  return (
    <>
      <FlowTable flows={flows} caption={`Newest flows of ${name}`} />
      <p>
        <a href={`/flows?orchestration=${encodeURIComponent(name)}`}>All its flows</a>
      </p>
    </>
  );
}

function StandingFacts({ found: { pausedBy, archivedBy } }: { readonly found: Found }) {
  return (
    <>
      {pausedBy && (
        <>
          <dt>Paused</dt>
          <dd>
            by {pausedBy.actor}, {moment(pausedBy.at)}: {pausedBy.reason}. New flows are{' '}
            {pausedBy.queuesStarts ? 'stored and wait' : 'refused'}.
          </dd>
        </>
      )}
      {archivedBy && (
        <>
          <dt>Archived</dt>
          <dd>
            by {archivedBy.actor}, {moment(archivedBy.at)}: {archivedBy.reason}
          </dd>
        </>
      )}
    </>
  );
}

function StepTable({ steps }: { readonly steps: Found['steps'] }) {
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">Steps as a flow that starts now gets them</caption>
        <TableHead
          titles={['Step', 'About', 'DO retries', 'UNDO retries', 'Timeout', 'Topics', 'Workers']}
        />
        <tbody>
          {steps.map((step) => (
            <tr key={step.name}>
              <td>
                {step.seq}. {step.name}
              </td>
              <td>{step.objectType}</td>
              <td>{step.maxRetries}</td>
              <td>{step.undoMaxRetries}</td>
              <td>{duration(step.timeoutMs)}</td>
              <td>
                <code>{step.doTopic}</code>
                <br />
                <code>{step.undoTopic}</code>
              </td>
              <td>{step.workers.join(', ') || <span class="muted">none registered</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Policies({ policies }: { readonly policies: Found['policies'] }) {
  if (policies.length === 0) return null;
  return (
    <>
      <h2>Set by operators</h2>
      <ul>
        {policies.map((policy) => (
          <li key={policy.stepName}>
            {policy.stepName ?? 'All steps'}: {limitsOf(policy)} ({policy.actor},{' '}
            {moment(policy.at)}: {policy.reason})
          </li>
        ))}
      </ul>
    </>
  );
}

function limitsOf(policy: Found['policies'][number]): string {
  const parts: [string, string | number | null | undefined][] = [
    ['DO retries', policy.maxRetries],
    ['UNDO retries', policy.undoMaxRetries],
    ['DO timeout', duration(policy.timeoutMs)],
    ['UNDO timeout', duration(policy.undoTimeoutMs)],
  ];
  return parts
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
