/**
 * Parses YAML or JSON text; each problem has its line. The text was measured before
 * (document-text.ts).
 */
import { isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../engine/ports/registrations.js';
import { LIMITS } from '../limits/limits.js';
import type { Path } from './checks.js';

export type Parsed =
  | { readonly value: unknown; readonly lineOf: (at: Path) => number | null }
  | { readonly problems: readonly Problem[] };

type Document = ReturnType<typeof parseDocument>;

/** Most aliases that are resolved; the library multiplies the counts of nested ones. */
const MOST_RESOLVED = 20;

/**
 * Messages of our own for errors whose message from the library names its functions and options.
 */
const OWN_MESSAGES: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'the text has several documents (---); register each separately',
  NON_STRING_KEY: 'a field has a name that is not text',
  TAG_RESOLVE_FAILED: 'tags (!name) are not allowed; write the value without it',
  RESOURCE_EXHAUSTION: 'the document is nested too deep',
};

export function parseText(text: string): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    version: '1.2',
    // Checked by doubledKeys: the library compares every key with every other one.
    uniqueKeys: false,
    merge: false,
    stringKeys: true,
    // Tags of other schemas would give dates, sets and symbols.
    resolveKnownTags: false,
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return {
      problems: wrong
        .slice(0, LIMITS.documentProblems.value)
        .map(({ code, message, pos }) =>
          invalid(OWN_MESSAGES[code] ?? firstLine(message), lines.linePos(pos[0]).line),
        ),
    };
  const doubled = doubledKeys(document.contents, lines);
  if (doubled.length > 0) return { problems: doubled };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_RESOLVED });
    // Throws when an alias is inside of what it refers to.
    JSON.stringify(value);
    return { value, lineOf: (at) => lineIn(document, lines, at) };
  } catch {
    const message = 'the document repeats too much by aliases (*name), or an alias contains itself';
    return { problems: [invalid(message, null)] };
  }
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] as string).replace(/ at line \d+, column \d+:?$/, '');
}

function invalid(message: string, line: number | null): Problem {
  return { code: 'DOCUMENT_INVALID', message, path: null, line, suggestions: [] };
}

/** Fields that a map has twice. Iterative, so that deep documents do not overflow the stack. */
function doubledKeys(root: unknown, lines: LineCounter): Problem[] {
  const problems: Problem[] = [];
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isSeq(node)) open.push(...node.items);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = String(key);
      if (seen.has(name) && problems.length < LIMITS.documentProblems.value)
        problems.push(
          invalid(
            `the field ${JSON.stringify(name.slice(0, 60))} occurs twice`,
            lineAt(key, lines),
          ),
        );
      seen.add(name);
      open.push(value ?? null);
    }
  }
  return problems;
}

function lineAt(node: unknown, lines: LineCounter): number | null {
  return isNode(node) && node.range ? lines.linePos(node.range[0]).line : null;
}

/** The line of the key at the end of the path, or of the nearest part of the path that exists. */
function lineIn(document: Document, lines: LineCounter, at: Path): number | null {
  for (let length = at.length; length >= 0; length--) {
    const parent = length === 0 ? null : document.getIn(at.slice(0, length - 1), true);
    const key = isMap(parent)
      ? parent.items.find((pair) => String(pair.key) === String(at[length - 1]))?.key
      : undefined;
    const node =
      key ?? (length === 0 ? document.contents : document.getIn(at.slice(0, length), true));
    const line = lineAt(node, lines);
    if (line !== null) return line;
  }
  return null;
}
