/**
 * What would happen when workers fail: computed by the rules that real flows follow; nothing is
 * stored and nothing sent.
 */

import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { FaultInput } from '../../client/index.js';
import { gateway } from '../data/gateway.js';
import { useLoaded } from '../data/load.js';
import {
  OrchestrationNamesDocument,
  OrchestrationPageDocument,
  SimulateFaultsDocument,
  type SimulateFaultsQuery,
} from '../generated/graphql.js';
import { EventList } from '../parts/event-list.js';
import { Empty, Failure, Page, Shown } from '../parts/frame.js';
import { Problems } from '../parts/problems.js';
import { Status } from '../parts/status.js';
import { Timeline } from '../parts/timeline.js';

const KINDS = ['FAIL', 'TIMEOUT', 'LATE_SUCCESS', 'DUPLICATE'] as const;

export function SimulatePage() {
  const { query } = useLocation();
  const name = query.orchestration ?? '';
  const names = useLoaded('names', (signal) =>
    gateway.request(OrchestrationNamesDocument, {}, { signal }),
  );
  return (
    <Page title="Simulate">
      <Shown loaded={names}>
        {({ orchestrations: { edges } }) => (
          <NameChoice names={edges.map(({ node }) => node.name)} chosen={name} />
        )}
      </Shown>
      {name === '' ? (
        <Empty>Choose an orchestration, then how its workers fail.</Empty>
      ) : (
        <Simulator key={name} name={name} />
      )}
    </Page>
  );
}

interface NameChoiceProps {
  readonly names: readonly string[];
  readonly chosen: string;
}

function NameChoice({ names, chosen }: NameChoiceProps) {
  const { route } = useLocation();
  return (
    <label class="field">
      Orchestration
      <select
        value={chosen}
        onChange={(event) =>
          route(`/simulate?orchestration=${encodeURIComponent(event.currentTarget.value)}`)
        }
      >
        <option value="">Choose one</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

type Result = SimulateFaultsQuery['simulate'];

function Simulator({ name }: { readonly name: string }) {
  const loaded = useLoaded(name, async (signal) => {
    const answer = await gateway.request(OrchestrationPageDocument, { name }, { signal });
    return answer.orchestration?.steps.map((step) => step.name) ?? [];
  });
  const [faults, setFaults] = useState<readonly FaultInput[]>([]);
  const result = useLoaded(JSON.stringify([name, faults]), async (signal) => {
    const input = { orchestrationName: name, faults: [...faults] };
    return (await gateway.request(SimulateFaultsDocument, { input }, { signal })).simulate;
  });
  return (
    <Shown loaded={loaded}>
      {(steps) => (
        <>
          <FaultForm steps={steps} add={(fault) => setFaults([...faults, fault])} />
          <FaultList
            faults={faults}
            remove={(gone) => setFaults(faults.filter((_, index) => index !== gone))}
          />
          <Shown loaded={result}>{(shown) => <ResultShown result={shown} steps={steps} />}</Shown>
        </>
      )}
    </Shown>
  );
}

interface FaultFormProps {
  readonly steps: readonly string[];
  readonly add: (fault: FaultInput) => void;
}

function FaultForm({ steps, add }: FaultFormProps) {
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const attempt = Number(form.get('attempt'));
    add({
      stepName: String(form.get('step')),
      action: form.get('action') === 'UNDO' ? 'UNDO' : 'DO',
      kind: String(form.get('kind')),
      attempt: attempt > 0 ? attempt : null,
    });
  };
  return (
    <form class="filters" onSubmit={submit}>
      <Choice name="step" label="Step" options={steps} />
      <Choice name="action" label="Action" options={['DO', 'UNDO']} />
      <Choice name="kind" label="What goes wrong" options={KINDS} />
      <label>
        Attempt (empty: each)
        <input name="attempt" type="number" min="1" max="1000" />
      </label>
      <button type="submit">Add fault</button>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
}

function Choice({ name, label, options }: ChoiceProps) {
  return (
    <label>
      {label}
      <select name={name}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FaultListProps {
  readonly faults: readonly FaultInput[];
  readonly remove: (index: number) => void;
}

function FaultList({ faults, remove }: FaultListProps) {
  if (faults.length === 0) return <p class="muted">Nothing goes wrong yet: add a fault.</p>;
  return (
    <ul class="chips" aria-label="Faults">
      {faults.map(({ stepName, action, kind, attempt }, index) => (
        <li key={`${stepName}${action}${kind}${attempt}`}>
          {action} {stepName}: {kind}
          {attempt ? `, attempt ${attempt}` : ', each attempt'}{' '}
          <button
            type="button"
            class="quiet"
            aria-label={`Remove ${action} ${stepName} ${kind}`}
            onClick={() => remove(index)}
          >
            ✕
          </button>
        </li>
      ))}
    </ul>
  );
}

function ResultShown({
  result: { problems, status, trace, events },
  steps,
}: {
  readonly result: Result;
  readonly steps: readonly string[];
}) {
  if (problems.length > 0) return <Problems problems={problems} />;
  if (!status) return <Failure error={new Error('Nothing was simulated.')} />;
  const end = Date.parse(events.at(-1)?.at ?? '1970-01-01T00:00:00Z');
  return (
    <>
      <h2>
        It ends as <Status of={status} />
      </h2>
      <p>
        <code>{trace}</code>
      </p>
      <Timeline steps={steps.map((step) => ({ name: step }))} events={events} now={end} />
      <h2>What would happen</h2>
      <EventList events={events} from={0} />
    </>
  );
}
