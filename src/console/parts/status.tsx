/**
 * A status as a sign and by its name, the same as in the API and the terminal: never by colour
 * alone.
 */

interface Look {
  readonly sign: string;
  readonly tone: 'good' | 'bad' | 'busy' | 'undo' | 'quiet' | 'warn';
}

const LOOKS: Readonly<Record<string, Look>> = {
  COMPLETED: { sign: '✓', tone: 'good' },
  DO_SUCCESS: { sign: '✓', tone: 'good' },
  REGISTERED: { sign: '✓', tone: 'good' },
  IN_PROGRESS: { sign: '▶', tone: 'busy' },
  PENDING: { sign: '○', tone: 'quiet' },
  UNDOING: { sign: '↶', tone: 'undo' },
  UNDONE: { sign: '↩', tone: 'undo' },
  UNDO_SUCCESS: { sign: '↩', tone: 'undo' },
  DO_FAIL: { sign: '✕', tone: 'bad' },
  RETRY_EXHAUSTED: { sign: '✕', tone: 'bad' },
  UNDO_FAIL: { sign: '⚠', tone: 'bad' },
  FAILED: { sign: '⚠', tone: 'bad' },
  CANCELLED: { sign: '⊘', tone: 'quiet' },
  PARTIALLY_REGISTERED: { sign: '…', tone: 'warn' },
  PAUSED: { sign: '‖', tone: 'warn' },
  ARCHIVED: { sign: '▪', tone: 'quiet' },
  OPEN: { sign: '!', tone: 'warn' },
  REPLAYED: { sign: '✓', tone: 'good' },
  DISCARDED: { sign: '⊘', tone: 'quiet' },
};

export function Status({ of }: { readonly of: string }) {
  const { sign, tone } = LOOKS[of] ?? { sign: '·', tone: 'quiet' };
  return (
    <span class={`status tone-${tone}`} data-status={of}>
      <span aria-hidden="true">{sign}</span> {of}
    </span>
  );
}

/** The steps of a flow in a row of signs, for lists. */
export function StepSigns({
  steps,
}: {
  readonly steps: readonly { readonly stepName: string; readonly status: string }[];
}) {
  const shown = steps.slice(0, 12);
  const label = steps.map(({ stepName, status }) => `${stepName} ${status}`).join(', ');
  return (
    <span class="signs" role="img" aria-label={label} title={label}>
      {shown.map(({ stepName, status }) => (
        <span key={stepName} class={`tone-${LOOKS[status]?.tone ?? 'quiet'}`}>
          {LOOKS[status]?.sign ?? '·'}
        </span>
      ))}
      {steps.length > shown.length && <span>+{steps.length - shown.length}</span>}
    </span>
  );
}
