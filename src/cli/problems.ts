/** Refusals and errors, for people: where, what, and what would be right. */
import { BackstepError, ProblemError } from '../client/index.js';
import { printable } from '../observability/printable.js';
import { complain, EXIT, printJson } from './output.js';

type Problem = ProblemError['problems'][number];

/** Reports any error of a command; resolves with the exit code. */
export function report(error: unknown, json: boolean): number {
  if (json) printJson({ error: asJson(error) });
  if (error instanceof ProblemError) {
    if (!json) for (const problem of error.problems) complain(lineOf(problem));
    return EXIT.REFUSED;
  }
  if (!json) complain(error instanceof Error ? textOf(error) : String(error));
  return EXIT.FAILED;
}

function asJson(error: unknown): unknown {
  if (error instanceof ProblemError) return { problems: error.problems };
  if (!(error instanceof BackstepError)) return { message: String(error) };
  const { code, message, retryable, details } = error;
  return { code, message, retryable, requestId: details.requestId };
}

function textOf(error: Error): string {
  if (!(error instanceof BackstepError)) return printable(error.message);
  const id = error.details.requestId;
  const advice =
    error.details.status === null
      ? ' Is it running? Set its address with --url or BACKSTEP_URL.'
      : '';
  return printable(
    `${error.code}: ${error.message}${id === null ? '' : ` (request ${id})`}.${advice}`,
  );
}

function lineOf({ code, message, path, suggestions }: Problem): string {
  const place = path ? `${path}: ` : '';
  return printable(`${code}  ${place}${message}${nearNames(message, suggestions)}`);
}

/** Left out when the message has the suggestions already. */
function nearNames(message: string, suggestions: readonly string[]): string {
  if (suggestions.length === 0 || /did you mean/i.test(message)) return '';
  return ` Did you mean ${suggestions.join(', ')}?`;
}

/** A problem of a document, with the line it is on and a mark below the field. */
export function documentProblem(file: string, text: string, problem: Problem): string {
  const { line, code, message, path, suggestions } = problem;
  const what = printable(`${code}  ${message}${nearNames(message, suggestions)}`);
  const source = line ? text.split(/\r?\n/)[line - 1] : undefined;
  if (!line || source === undefined) return `${file}  ${what}`;
  const column = columnOf(source, path ?? null);
  const number = String(line).padStart(5);
  const mark = ' '.repeat(column);
  return `${file}:${line}:${column + 1}  ${what}\n${number} | ${printable(source)}\n${' '.repeat(5)} | ${mark}^`;
}

/** Column of the last field of the path in its line. */
function columnOf(source: string, path: string | null): number {
  const field = /([A-Za-z]\w*)(?:\[\d+\])*$/.exec(path ?? '')?.[1];
  const at = field === undefined ? -1 : source.indexOf(field);
  return at === -1 ? source.search(/\S|$/) : at;
}
