/**
 * One flow: where it stands, its steps over time, what happened, why it does not go on, and what an
 * operator may do.
 */

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { duration } from '../../figures/figures.js';
import { type FlowNow, type Followed, useFlow } from '../data/flow.js';
import { moment } from '../data/format.js';
import { useNow } from '../data/load.js';
import type { ActionFragment } from '../generated/graphql.js';
import { ActionButtons, FlowActionDialog } from '../parts/actions.js';
import { Diagnosis } from '../parts/diagnosis.js';
import { EventList } from '../parts/event-list.js';
import { Empty, Page, Shown } from '../parts/frame.js';
import { Json } from '../parts/json.js';
import { type Fact, KnownFacts } from '../parts/known-facts.js';
import { Status } from '../parts/status.js';
import { StepDetails } from '../parts/step-details.js';
import { Timeline, type TimelineStep } from '../parts/timeline.js';

const RUNNING: ReadonlySet<string> = new Set(['IN_PROGRESS', 'UNDOING']);

export function FlowPage() {
  const flowId = useRoute().params.flowId ?? '';
  const followed = useFlow(flowId);
  const { loaded } = followed;
  const flow = loaded.data?.flow ?? null;
  const [open, setOpen] = useState<ActionFragment | null>(null);
  const ofFlow = flow?.availableActions.filter(({ stepName }) => stepName === null) ?? [];
  return (
    <Page title={`Flow ${flowId}`} actions={<ActionButtons actions={ofFlow} open={setOpen} />}>
      <Shown loaded={loaded}>
        {({ flow: found }) =>
          found === null ? (
            <Empty>
              There is no flow {flowId}. <a href="/flows">All flows</a>
            </Empty>
          ) : (
            <Body flow={found} events={followed.events} open={setOpen} />
          )
        }
      </Shown>
      {open !== null && (
        <FlowActionDialog
          flowId={flowId}
          action={open}
          close={() => setOpen(null)}
          done={loaded.reload}
        />
      )}
    </Page>
  );
}

interface BodyProps {
  readonly flow: FlowNow;
  readonly events: Followed['events'];
  readonly open: (action: ActionFragment) => void;
}

function Body({ flow, events, open }: BodyProps) {
  const [selected, setSelected] = useState<string | null>(null);
  const running = RUNNING.has(flow.status);
  const now = useNow(running);
  const end = running ? now : endOf(flow, now);
  const step = flow.steps.find(({ stepName }) => stepName === selected);
  return (
    <>
      <Facts flow={flow} now={now} />
      <h2>Steps</h2>
      <Timeline
        steps={flow.steps.map(laneOf)}
        events={events}
        now={end}
        selected={selected}
        select={(name) => setSelected(name === selected ? null : name)}
      />
      {step !== undefined && <StepDetails flow={flow} step={step} open={open} />}
      <Diagnosis flowId={flow.flowId} version={flow.lastEventNumber} />
      <div class="columns">
        <section>
          <h2>What happened</h2>
          <EventList events={events} />
        </section>
        <Payloads flow={flow} />
      </div>
    </>
  );
}

function Payloads({ flow }: { readonly flow: FlowNow }) {
  return (
    <section>
      <h2>Payloads</h2>
      <Json value={flow.input} label="Input" />
      <Json value={flow.output} label="Output" />
      <Json value={flow.headers} label="Headers" />
    </section>
  );
}

function endOf({ endedAt }: FlowNow, now: number): number {
  return endedAt ? Date.parse(endedAt) : now;
}

function Facts({ flow, now }: { readonly flow: FlowNow; readonly now: number }) {
  const took = flow.durationMs ?? now - Date.parse(flow.startedAt);
  const { orchestrationName: name } = flow;
  return (
    <dl class="facts">
      <dt>Status</dt>
      <dd>
        <Status of={flow.status} /> {flow.paused && <Status of="PAUSED" />}
      </dd>
      <dt>Orchestration</dt>
      <dd>
        <a href={`/orchestrations/${encodeURIComponent(name)}`}>{name}</a>, version{' '}
        {flow.orchestrationVersion}
      </dd>
      <dt>Started</dt>
      <dd>
        <time dateTime={flow.startedAt}>{moment(flow.startedAt)}</time>
        {flow.initiator && ` by ${flow.initiator}`}
      </dd>
      <dt>{flow.endedAt ? 'Took' : 'Runs for'}</dt>
      <dd>{duration(took)}</dd>
      <KnownFacts facts={optionalFacts(flow)} />
    </dl>
  );
}

function optionalFacts(flow: FlowNow): Fact[] {
  return [
    ['Why', flow.failureReason],
    ['Paused because', flow.pauseReason],
    ['Turns around at', flow.endedAt ? null : moment(flow.deadline)],
    ['Idempotency key', flow.idempotencyKey],
  ];
}

function laneOf(step: FlowNow['steps'][number]): TimelineStep {
  const parts = [attemptsOf(step), step.progressMessage ?? step.errorMessage ?? ''];
  const about = parts.filter((part) => part !== '').join(': ');
  return { name: step.stepName, status: step.status, about };
}

function attemptsOf(step: FlowNow['steps'][number]): string {
  const parts = [
    step.skipped ? 'settled by hand' : '',
    step.retryCount > 0 ? `${step.retryCount} of ${step.maxRetries} retries` : '',
    step.undoRetryCount > 0 ? `${step.undoRetryCount} of ${step.undoMaxRetries} UNDO retries` : '',
    step.progress !== null && step.progress !== undefined
      ? `${Math.round(step.progress * 100)} %`
      : '',
    step.nextAttemptAt ? `next attempt ${moment(step.nextAttemptAt)}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
