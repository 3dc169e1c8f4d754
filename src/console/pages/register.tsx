/**
 * Registering a document: checked first without storing anything, with each problem at its line.
 */
import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ProblemError, type Registered } from '../../client/index.js';
import { plural } from '../data/format.js';
import { gateway } from '../data/gateway.js';
import { Failure, Page } from '../parts/frame.js';
import { Problems } from '../parts/problems.js';
import { Status } from '../parts/status.js';

const EXAMPLE = `orchestrationName: openAccount
type: sequential
as: initiator
steps:
  - seq: 1
    name: createAccount
    objectType: String
  - seq: 2
    name: sendWelcome
    objectType: String
`;

type Answer =
  | { readonly kind: 'checked' | 'stored'; readonly registrations: readonly Registered[] }
  | { readonly kind: 'failed'; readonly error: unknown };

export function RegisterPage() {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  const send = (text: string, dryRun: boolean): void => {
    gateway.register(text, { dryRun, serviceName: 'console' }).then(
      (registrations) => setAnswer({ kind: dryRun ? 'checked' : 'stored', registrations }),
      (error: unknown) => setAnswer({ kind: 'failed', error }),
    );
  };
  return (
    <Page title="Register">
      <DocumentForm editor={editor} send={send} />
      {answer !== null && (
        <AnswerShown answer={answer} toLine={(line) => goTo(editor.current, line)} />
      )}
    </Page>
  );
}

interface DocumentFormProps {
  readonly editor: RefObject<HTMLTextAreaElement | null>;
  readonly send: (text: string, dryRun: boolean) => void;
}

function DocumentForm({ editor, send }: DocumentFormProps) {
  const [text, setText] = useState(EXAMPLE);
  const submit = (event: Event): void => {
    event.preventDefault();
    send(text, false);
  };
  return (
    <form class="wide" onSubmit={submit}>
      <label class="field">
        Document (YAML or JSON), as initiator or worker
        <textarea
          ref={editor}
          class="code"
          rows={18}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="button" onClick={() => send(text, true)}>
          Check, store nothing
        </button>
        <button type="submit" class="primary">
          Register
        </button>
      </div>
    </form>
  );
}

/** Selects a line, from 1, and brings it into view. */
function goTo(editor: HTMLTextAreaElement | null, line: number): void {
  if (editor === null) return;
  const lines = editor.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  editor.scrollTop = (editor.scrollHeight / lines.length) * Math.max(0, line - 4);
}

interface AnswerProps {
  readonly answer: Answer;
  readonly toLine: (line: number) => void;
}

function AnswerShown({ answer, toLine }: AnswerProps) {
  if (answer.kind === 'failed')
    return answer.error instanceof ProblemError ? (
      <Problems problems={answer.error.problems} toLine={toLine} />
    ) : (
      <Failure error={answer.error} />
    );
  return (
    <div class="success" role="status">
      <p>
        {answer.kind === 'checked' ? 'The document is right. Nothing was stored.' : 'Registered.'}
      </p>
      <ul>
        {answer.registrations.map((one) => (
          <li key={one.orchestrationName}>
            <RegistrationShown one={one} stored={answer.kind === 'stored'} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function RegistrationShown({
  one,
  stored,
}: {
  readonly one: Registered;
  readonly stored: boolean;
}) {
  const name = encodeURIComponent(one.orchestrationName);
  return (
    <>
      {stored ? (
        <a href={`/orchestrations/${name}`}>{one.orchestrationName}</a>
      ) : (
        one.orchestrationName
      )}{' '}
      as {one.as}
      {one.version !== null && `, version ${one.version}`}
      {one.changed ? '' : ' (nothing changed)'} <Status of={one.status} />
      {one.changes.length > 0 && (
        <ul>
          {one.changes.map(({ kind, breaking, description, flowsInFlight }) => (
            <li key={kind + description}>
              {breaking ? <strong>Breaking: </strong> : 'Safe: '}
              {description}
              {flowsInFlight > 0 && ` (${plural(flowsInFlight, 'flow')} in flight)`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
