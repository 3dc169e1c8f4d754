/**
 * Problems of an input; their messages have what would be right. Those of a document lead to their
 * line.
 */
export interface ShownProblem {
  readonly code: string;
  readonly message: string;
  readonly path?: string | null | undefined;
  readonly line?: number | null | undefined;
}

export function Problems({
  problems,
  toLine,
}: {
  readonly problems: readonly ShownProblem[];
  readonly toLine?: ((line: number) => void) | undefined;
}) {
  if (problems.length === 0) return null;
  return (
    <ul class="problems" role="alert">
      {problems.map((problem) => (
        <li key={`${problem.code}${problem.path}${problem.line}`}>
          <Place problem={problem} toLine={toLine} />
          {problem.message} <code>{problem.code}</code>
        </li>
      ))}
    </ul>
  );
}

function Place({
  problem: { line, path },
  toLine,
}: {
  readonly problem: ShownProblem;
  readonly toLine?: ((line: number) => void) | undefined;
}) {
  if (!line) return path ? <code>{path} </code> : null;
  if (toLine === undefined) return <span>Line {line}: </span>;
  return (
    <>
      <button type="button" class="link" onClick={() => toLine(line)}>
        Line {line}
      </button>
      :{' '}
    </>
  );
}
