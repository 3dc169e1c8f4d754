/** The six lines of the monitoring checklist, with their trend; of one orchestration or of all. */
import { useLocation } from 'preact-iso';
import { inUnitOf } from '../../figures/figures.js';
import { plural } from '../data/format.js';
import { gateway } from '../data/gateway.js';
import { useChanges } from '../data/live.js';
import { useLoaded } from '../data/load.js';
import { WINDOWS, windowOf } from '../data/slo.js';
import {
  type FiguresFragment,
  OrchestrationNamesDocument,
  SloBoardDocument,
  type SloBoardQuery,
} from '../generated/graphql.js';
import { Page, Shown } from '../parts/frame.js';
import { Sparkline } from '../parts/sparkline.js';
import { TableHead } from '../parts/table-head.js';

type Board = SloBoardQuery['slo'];
type Line = Board['lines'][number];
/** Counters are stored once a second; the board need not be newer, in milliseconds. */
const EVERY = 2000;

/**
 * The figure behind each line, in their order; of the steps in progress there is only the present.
 */
const TRENDS: readonly (keyof FiguresFragment | null)[] = [
  'doSuccessRate',
  'averageRetryCount',
  'undoTriggerRate',
  'undoSuccessRate',
  null,
  'responseTimeP50Ms',
];

export function SloPage() {
  const { query } = useLocation();
  const orchestrationName = query.orchestration || null;
  const windowMinutes = windowOf(query.minutes);
  const loaded = useLoaded(JSON.stringify([orchestrationName, windowMinutes]), async (signal) => {
    const variables = { orchestrationName, windowMinutes };
    return (await gateway.request(SloBoardDocument, variables, { signal })).slo;
  });
  useChanges(loaded.reload, EVERY, { orchestrationName: orchestrationName ?? undefined });
  return (
    <Page title="Objectives">
      <Choice orchestrationName={orchestrationName} windowMinutes={windowMinutes} />
      <Shown loaded={loaded}>{(board) => <BoardShown board={board} />}</Shown>
    </Page>
  );
}

interface ChoiceProps {
  readonly orchestrationName: string | null;
  readonly windowMinutes: number;
}

function Choice({ orchestrationName, windowMinutes }: ChoiceProps) {
  const { route } = useLocation();
  const change = (event: Event): void => {
    const form = new FormData((event.currentTarget as HTMLElement).closest('form') ?? undefined);
    const parameters = new URLSearchParams();
    for (const [name, value] of form) if (value !== '') parameters.set(name, String(value));
    route(`/slo?${parameters}`);
  };
  return (
    <form class="filters">
      <OrchestrationChoice value={orchestrationName ?? ''} change={change} />
      <label>
        Window
        <select name="minutes" value={String(windowMinutes)} onChange={change}>
          {WINDOWS.map(([minutes, label]) => (
            <option key={minutes} value={String(minutes)}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

interface OrchestrationChoiceProps {
  readonly value: string;
  readonly change: (event: Event) => void;
}

function OrchestrationChoice({ value, change }: OrchestrationChoiceProps) {
  const names = useLoaded('names', (signal) =>
    gateway.request(OrchestrationNamesDocument, {}, { signal }),
  );
  return (
    <label>
      Orchestration
      <select name="orchestration" value={value} onChange={change}>
        <option value="">all together</option>
        {names.data?.orchestrations.edges.map(({ node: { name } }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function BoardShown({ board }: { readonly board: Board }) {
  return (
    <>
      <p class="muted" role="status">
        {plural(board.flows, 'flow')} started in this window
      </p>
      <ul class="board">
        {board.lines.map((line, index) => (
          <li key={line.name}>
            <LineShown line={line} figure={TRENDS[index] ?? null} trend={board.trend} />
          </li>
        ))}
      </ul>
      <h2>Response time per step</h2>
      <Times board={board} />
    </>
  );
}

interface LineProps {
  readonly line: Line;
  readonly figure: keyof FiguresFragment | null;
  readonly trend: readonly FiguresFragment[];
}

function LineShown({ line, figure, trend }: LineProps) {
  const value = inUnitOf(line.target, line.value);
  return (
    <>
      <h3>{line.name}</h3>
      <p class="board-value">
        <Met met={line.met ?? null} /> <strong>{value}</strong>{' '}
        <span class="muted">target {line.target}</span>
      </p>
      {figure !== null && (
        <Sparkline
          values={trend.map((part) => part[figure] ?? null)}
          label={`${line.name} over the window, newest right, now ${value}`}
        />
      )}
    </>
  );
}

function Met({ met }: { readonly met: boolean | null }) {
  if (met === null) return <span class="status tone-quiet">· nothing counted</span>;
  return met ? (
    <span class="status tone-good">✓ met</span>
  ) : (
    <span class="status tone-bad">✕ missed</span>
  );
}

function Times({ board }: { readonly board: Board }) {
  const rows = [
    ['From the decision to send a DO until its reply counted', 'response'],
    ['of it, Kafka and the worker', 'worker'],
    ['of it, the gateway', 'engine'],
  ] as const;
  const ms = (value: number | null | undefined): string => inUnitOf('ms', value ?? null);
  return (
    <div class="scroll">
      <table>
        <caption class="visually-hidden">Response time per step</caption>
        <TableHead titles={['Part', 'Median', '99 %']} numbers={['Median', '99 %']} />
        <tbody>
          {rows.map(([label, name]) => (
            <tr key={name}>
              <td>{label}</td>
              <td class="number">{ms(board[`${name}TimeP50Ms`])}</td>
              <td class="number">{ms(board[`${name}TimeP99Ms`])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
