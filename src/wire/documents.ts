/**
 * Registration documents: YAML or JSON text, or the payload of a registration record. All problems
 * come back at once, with their lines.
 */
import type { Declaration, Problem, Registration } from '../engine/ports/registrations.js';
import { LIMITS } from '../limits/limits.js';
import { didYouMean, nearest } from '../names/nearest.js';
import { topicKey } from '../names/topic-key.js';
import { DEFAULTS, type Defaults } from '../saga/orchestration.js';
import { jsonSchemas, type Path, pathText, type Report, type SchemaCheck } from './checks.js';
import { readDeclaration } from './declarations.js';
import { tooMuchIn } from './document-text.js';
import { unstorable } from './json.js';
import { parseText } from './parse-document.js';
import { stepTopic } from './topics.js';

export interface RegistrationOptions {
  readonly serviceName: string | null;
  /** Values of fields that a document leaves out; absent: those of docs/recipe.md. */
  readonly defaults?: Defaults | undefined;
  /** Checks that a payloadSchema can be enforced; absent: any object is accepted. */
  readonly checkSchema?: SchemaCheck | undefined;
}

export function readRegistration(text: string, options: RegistrationOptions): Registration {
  return readText(text, options, LIMITS.documentCharacters.value);
}

function readText(
  text: string,
  options: RegistrationOptions,
  mostCharacters: number,
): Registration {
  const broken = (problems: readonly Problem[]): Registration => ({
    declarations: [],
    problems,
    serviceName: options.serviceName,
    named: [],
  });
  const tooMuch = tooMuchIn(text, mostCharacters);
  if (tooMuch !== null) return broken([{ ...tooMuch, path: null, suggestions: [] }]);
  if (text.trim() === '') return broken([EMPTY]);
  const parsed = parseText(text);
  return 'problems' in parsed
    ? broken(parsed.problems)
    : readValue(parsed.value, parsed.lineOf, options);
}

const EMPTY: Problem = {
  code: 'DOCUMENT_EMPTY',
  message: 'the document is empty',
  path: null,
  line: null,
  suggestions: [],
};

/**
 * The payload of a registration record: a value, whose problems have no line, or a document as
 * text.
 */
export function readRegistrationValue(value: unknown, options: RegistrationOptions): Registration {
  return typeof value === 'string'
    ? readText(value, options, LIMITS.documentInRecordCharacters.value)
    : readValue(value, () => null, options);
}

function readValue(
  value: unknown,
  lineOf: (at: Path) => number | null,
  { serviceName, defaults = DEFAULTS, checkSchema = unchecked }: RegistrationOptions,
): Registration {
  const problems: Problem[] = [];
  const report = reportTo(problems, value, lineOf);
  const declarations: Declaration[] = [];
  const places: Path[] = [];
  const payloadSchema = jsonSchemas(checkSchema, LIMITS.documentSchemaNodes.value);
  const roots = rootsOf(value, report);
  for (const [one, at] of roots) {
    const read = readDeclaration(one, at, report, { lineOf, defaults, payloadSchema });
    if (read === null) continue;
    declarations.push(read);
    places.push(at);
  }
  tooManyTopics(declarations, report);
  if (problems.length === 0) collisions(declarations, places, report);
  const broken = problems.length === 0 ? unstorable(JSON.stringify(declarations)) : null;
  if (broken !== null) report('FIELD_INVALID', [], `the document ${broken}`);
  return {
    declarations: problems.length === 0 ? declarations : [],
    problems,
    serviceName,
    named: roots.map(([one]) => nameIn(one)),
  };
}

function reportTo(
  problems: Problem[],
  value: unknown,
  lineOf: (at: Path) => number | null,
): Report {
  return (code, at, message, among) => {
    // Beyond the limit nothing is added: looking up the line and near names costs more than the
    // problem itself.
    if (problems.length >= LIMITS.documentProblems.value) return;
    const suggestions = among === undefined ? [] : nearest(String(at.at(-1)), among);
    problems.push({
      code,
      message: `${message}${among ? didYouMean(suggestions, among) : ''}${placeOf(value, at)}`,
      path: at.length === 0 ? null : pathText(at),
      line: lineOf(at),
      suggestions,
    });
  };
}

type Named = NonNullable<Registration['named']>[number];

const unchecked: SchemaCheck = () => ({ nodes: 0 });

/** The value of a field; undefined = absent or null. */
function fieldOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? ((value as Record<string | number, unknown>)[name] ?? undefined)
    : undefined;
}

/**
 * The orchestration and the step that a path is in, by name: a file may have many, and who reads
 * the problem may not have the file.
 */
function placeOf(value: unknown, at: Path): string {
  const depth = at[0] === 'orchestrations' && at.length > 1 ? 2 : 0;
  const document = at.slice(0, depth).reduce(fieldOf, value);
  const step =
    at[depth] === 'steps'
      ? fieldOf(at.slice(depth, depth + 2).reduce(fieldOf, document), 'name')
      : null;
  const { orchestrationName, as } = nameIn(document);
  const parts = [
    ...(orchestrationName === null ? [] : [`orchestration ${orchestrationName}`]),
    ...(as === null ? [] : [`as ${as}`]),
    ...(typeof step === 'string' ? [`step ${step.slice(0, 200)}`] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function nameIn(value: unknown): Named {
  const name = fieldOf(value, 'orchestrationName') ?? fieldOf(value, 'orchName');
  const as = String(fieldOf(value, 'as')).toLowerCase();
  return {
    orchestrationName: typeof name === 'string' ? name.slice(0, 200) : null,
    as: as === 'initiator' || as === 'worker' ? as : null,
  };
}

function rootsOf(value: unknown, report: Report): [unknown, Path][] {
  const list = fieldOf(value, 'orchestrations');
  if (list === undefined) return [[value, []]];
  const others = Object.entries(value as object).flatMap(([name, other]) =>
    name === 'orchestrations' || other === null ? [] : [name],
  );
  for (const name of others)
    report(
      'UNKNOWN_FIELD',
      [name],
      `the field ${JSON.stringify(name.slice(0, 60))} is not allowed beside orchestrations; put it into each of them`,
    );
  if (!Array.isArray(list) || list.length === 0) {
    report(
      'FIELD_INVALID',
      ['orchestrations'],
      'orchestrations must be a list of at least one orchestration',
    );
    return [];
  }
  if (list.length > LIMITS.documentOrchestrations.value) {
    report(
      'FIELD_INVALID',
      ['orchestrations'],
      `orchestrations has ${list.length} entries, at most ${LIMITS.documentOrchestrations.value} are allowed`,
    );
    return [];
  }
  return list.map((one, index) => [one, ['orchestrations', index]]);
}

function tooManyTopics(declarations: readonly Declaration[], report: Report): void {
  const steps = declarations.map((one) =>
    one.as === 'worker' ? one.steps.length : one.orchestration.steps.length,
  );
  const topics = 2 * steps.reduce((sum, count) => sum + count, 0);
  const most = LIMITS.documentTopics.value;
  if (topics > most)
    report(
      'TOO_MANY_TOPICS',
      [],
      `the document needs ${topics} topics, two for each step; at most ${most} are created at once: register it in several documents`,
    );
}

/**
 * Two topics of one document must differ also after `.` → `_`. (Their length need not be checked:
 * names have at most 100 characters.)
 */
function collisions(
  declarations: readonly Declaration[],
  places: readonly Path[],
  report: Report,
): void {
  const owners = new Map<string, string>();
  const declared = new Set<string>();
  declarations.forEach((one, index) => {
    const at = places[index] as Path;
    const name = one.as === 'worker' ? one.orchestrationName : one.orchestration.name;
    const steps =
      one.as === 'worker'
        ? one.steps.map(({ stepName }) => stepName)
        : one.orchestration.steps.map((step) => step.name);
    if (one.as === 'initiator' && declared.has(name))
      report(
        'ORCHESTRATION_DUPLICATE',
        [...at, 'orchestrationName'],
        `${name} is declared twice in this document`,
      );
    if (one.as === 'initiator') declared.add(name);
    for (const step of steps) {
      const topic = stepTopic(name, step, 'UNDO');
      const owner = owners.get(topicKey(topic));
      const place = [...at, 'steps'];
      if (owner !== undefined && owner !== `${name}/${step}`) {
        report(
          'TOPIC_COLLISION',
          place,
          `the topics of ${name}/${step} and ${owner} would collide: Kafka treats "." and "_" in them as equal; rename one`,
        );
      }
      owners.set(topicKey(topic), `${name}/${step}`);
    }
  });
}
