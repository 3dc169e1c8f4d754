/** What a command prints, for people or as JSON, and how it ends. */
import { styleText } from 'node:util';
import { printable, printableJson } from '../observability/printable.js';

export const EXIT = {
  /** Done; a watched flow is COMPLETED. */
  OK: 0,
  /** The gateway could not be reached or failed; the same command may work later. */
  FAILED: 1,
  /** The gateway refused, or the command line is wrong. */
  REFUSED: 2,
  /** A watched flow ended, and not COMPLETED; a target of the monitoring checklist is missed. */
  NOT_COMPLETED: 3,
} as const;

type Style = Parameters<typeof styleText>[0];

/** Colours only where stdout shows them; NO_COLOR is respected. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** Text from the gateway can come from anybody: control characters are made visible. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown, indent = 2): void {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  // A program gets JSON as it is; for a terminal control characters are escaped.
  process.stdout.write(`${process.stdout.isTTY ? printableJson(text) : text}\n`);
}

export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

const COLOURS: Readonly<Record<string, Style>> = {
  COMPLETED: 'green',
  DO_SUCCESS: 'green',
  UNDO_SUCCESS: 'yellow',
  UNDONE: 'yellow',
  UNDOING: 'yellow',
  DO_FAIL: 'red',
  UNDO_FAIL: 'red',
  RETRY_EXHAUSTED: 'red',
  FAILED: 'red',
  CANCELLED: 'gray',
  PENDING: 'gray',
  IN_PROGRESS: 'cyan',
};

export function paintStatus(status: string, width = 0): string {
  return paint(COLOURS[status] ?? 'white', status.padEnd(width));
}

/** Rows with aligned columns; the cells are plain text. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = (clean[0] ?? []).map((_, column) =>
    Math.max(...clean.map((row) => row[column]?.length ?? 0)),
  );
  return clean.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
