/** Registration documents: YAML or JSON text, or the payload of a registration record. All problems come back at once, with their lines. */
import { isMap, isNode, LineCounter, parseDocument } from 'yaml';
import { type DocumentProblem, type Path, pathText, type Say } from './checks.js';
import { type Declaration, readDeclaration } from './declarations.js';
import { unstorable } from './json.js';
import { collisionKey, stepTopic } from './topics.js';

export type { DocumentProblem } from './checks.js';
export type { Declaration } from './declarations.js';

export interface ReadRegistration {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly DocumentProblem[];
  readonly serviceName: string | null;
  /** What the document speaks of, as far as that can be told, problems or not: one entry per orchestration in it. */
  readonly named: readonly {
    readonly orchestrationName: string | null;
    readonly as: 'initiator' | 'worker' | null;
  }[];
}

export interface RegistrationOptions {
  readonly serviceName: string | null;
}

/** Characters. */
export const LONGEST_DOCUMENT = 1_048_576;
const MOST_PROBLEMS = 100;
const MOST_ORCHESTRATIONS = 100;

export function readRegistration(
  text: string,
  { serviceName }: RegistrationOptions,
): ReadRegistration {
  const broken = (code: string, message: string, line: number | null): ReadRegistration => ({
    declarations: [],
    problems: [{ code, message, path: null, line, suggestions: [] }],
    serviceName,
    named: [],
  });
  if (text.length > LONGEST_DOCUMENT)
    return broken(
      'DOCUMENT_TOO_LARGE',
      `the document has ${text.length} characters, at most ${LONGEST_DOCUMENT} are allowed`,
      null,
    );
  if (text.trim() === '') return broken('DOCUMENT_EMPTY', 'the document is empty', null);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    version: '1.2',
    uniqueKeys: true,
    merge: false,
    stringKeys: true,
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    const problems = wrong.slice(0, MOST_PROBLEMS).map((error) => ({
      code: 'DOCUMENT_INVALID',
      message: (error.message.split('\n', 1)[0] as string).replace(
        / at line \d+, column \d+:?$/,
        '',
      ),
      path: null,
      line: lines.linePos(error.pos[0]).line,
      suggestions: [],
    }));
    return { declarations: [], problems, serviceName, named: [] };
  }
  const lineOf = (at: Path): number | null => lineIn(document, lines, at);
  try {
    return readValue(document.toJS({ maxAliasCount: 20 }), lineOf, serviceName);
  } catch (error) {
    return broken('DOCUMENT_INVALID', (error as Error).message, null);
  }
}

/** Of a topic record: already an object; problems have no line. */
export function readRegistrationValue(
  value: unknown,
  { serviceName }: RegistrationOptions,
): ReadRegistration {
  return typeof value === 'string'
    ? readRegistration(value, { serviceName })
    : readValue(value, () => null, serviceName);
}

/** The line of the key at the end of the path, or of the nearest thing above it that is there. */
function lineIn(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  at: Path,
): number | null {
  for (let length = at.length; length >= 0; length--) {
    const parent = length === 0 ? null : document.getIn(at.slice(0, length - 1), true);
    const key = isMap(parent)
      ? parent.items.find((pair) => String(pair.key) === String(at[length - 1]))?.key
      : undefined;
    const node =
      key ?? (length === 0 ? document.contents : document.getIn(at.slice(0, length), true));
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function readValue(
  value: unknown,
  lineOf: (at: Path) => number | null,
  serviceName: string | null,
): ReadRegistration {
  const problems: DocumentProblem[] = [];
  const say: Say = (code, at, message, suggestions = []) => {
    if (problems.length < MOST_PROBLEMS)
      problems.push({
        code,
        message,
        path: at.length === 0 ? null : pathText(at),
        line: lineOf(at),
        suggestions,
      });
  };
  const declarations: Declaration[] = [];
  const places: Path[] = [];
  const roots = rootsOf(value, say);
  for (const [one, at] of roots) {
    const read = readDeclaration(one, at, say, lineOf);
    if (read === null) continue;
    declarations.push(read);
    places.push(at);
  }
  if (problems.length === 0) collisions(declarations, places, say);
  const broken = problems.length === 0 ? unstorable(JSON.stringify(declarations)) : null;
  if (broken !== null) say('FIELD_INVALID', [], `the document ${broken}`);
  return {
    declarations: problems.length === 0 ? declarations : [],
    problems,
    serviceName,
    named: roots.map(([one]) => nameIn(one)),
  };
}

function nameIn(value: unknown): ReadRegistration['named'][number] {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const name = fields.orchestrationName ?? fields.orchName;
  const as = String(fields.as).toLowerCase();
  return {
    orchestrationName: typeof name === 'string' ? name.slice(0, 200) : null,
    as: as === 'initiator' || as === 'worker' ? as : null,
  };
}

function rootsOf(value: unknown, say: Say): [unknown, Path][] {
  const list =
    typeof value === 'object' && value !== null && 'orchestrations' in value
      ? value.orchestrations
      : undefined;
  if (list === undefined) return [[value, []]];
  const others = Object.keys(value as object).filter((name) => name !== 'orchestrations');
  for (const name of others)
    say(
      'UNKNOWN_FIELD',
      [name],
      `beside orchestrations there is no field ${JSON.stringify(name.slice(0, 60))}; put it into each of them`,
    );
  if (!Array.isArray(list) || list.length === 0) {
    say('FIELD_INVALID', ['orchestrations'], 'orchestrations must be a list of at least one');
    return [];
  }
  if (list.length > MOST_ORCHESTRATIONS) {
    say(
      'FIELD_INVALID',
      ['orchestrations'],
      `orchestrations has ${list.length} entries, at most ${MOST_ORCHESTRATIONS} are allowed`,
    );
    return [];
  }
  return list.map((one, index) => [one, ['orchestrations', index]]);
}

/** Two topics of one document must differ also after `.` → `_`. (None can be longer than Kafka allows: names end at 100 characters.) */
function collisions(declarations: readonly Declaration[], places: readonly Path[], say: Say): void {
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
      say(
        'ORCHESTRATION_DUPLICATE',
        [...at, 'orchestrationName'],
        `${name} is declared twice in this document`,
      );
    if (one.as === 'initiator') declared.add(name);
    for (const step of steps) {
      const topic = stepTopic(name, step, 'UNDO');
      const owner = owners.get(collisionKey(topic));
      const place = [...at, 'steps'];
      if (owner !== undefined && owner !== `${name}/${step}`) {
        say(
          'TOPIC_COLLISION',
          place,
          `the topics of ${name}/${step} and ${owner} would collide: Kafka takes "." and "_" for equal; rename one`,
        );
      }
      owners.set(collisionKey(topic), `${name}/${step}`);
    }
  });
}
