/**
 * Why the flow does not go on, or that it does: one verdict, what was looked at, and what to do.
 */
import { useEffect } from 'preact/hooks';
import { gateway } from '../data/gateway.js';
import { useLoaded } from '../data/load.js';
import { Shown } from './frame.js';

/** Events come in groups; the diagnosis waits for the end of one, in milliseconds. */
const QUIET = 400;

/** `version`: number of the flow's last event; after a new one it is diagnosed again. */
export function Diagnosis({
  flowId,
  version,
}: {
  readonly flowId: string;
  readonly version: number;
}) {
  const loaded = useLoaded(flowId, (signal) => gateway.diagnose(flowId, { signal }));
  const { reload } = loaded;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each version is read
  useEffect(() => {
    const timer = setTimeout(reload, QUIET);
    return () => clearTimeout(timer);
  }, [version, reload]);
  return (
    <section class="diagnosis" aria-label="Diagnosis">
      <div class="page-head">
        <h2>Diagnosis</h2>
        <button type="button" class="quiet" onClick={reload}>
          Look again
        </button>
      </div>
      <Shown loaded={loaded}>{(found) => found && <Found {...found} />}</Shown>
    </section>
  );
}

type FoundProps = NonNullable<Awaited<ReturnType<typeof gateway.diagnose>>>;

function Found({ verdict, summary, facts, suggestedActions }: FoundProps) {
  return (
    <>
      <p>
        <code class="verdict">{verdict}</code> {summary}
      </p>
      {suggestedActions.length > 0 && (
        <ul>
          {suggestedActions.map((action) => (
            <li key={action}>{action}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>What was looked at</summary>
        <dl class="facts">
          {facts.map(({ name, value, source }) => (
            <>
              <dt>{name}</dt>
              <dd>
                {value} <span class="muted">({source})</span>
              </dd>
            </>
          ))}
        </dl>
      </details>
    </>
  );
}
