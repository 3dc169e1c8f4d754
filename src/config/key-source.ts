/** Where the keys of payloads come from. */
import { wrong } from './parsers.js';

/** `file:…` or `command:…`; off = null. */
export function keySource(
  value: string | null,
): { readonly kind: 'file' | 'command'; readonly text: string } | null {
  if (value === null || value.toLowerCase() === 'off') return null;
  const [, kind, text] = /^(file|command):(\S.*)$/.exec(value) ?? [];
  if ((kind === 'file' || kind === 'command') && text !== undefined) return { kind, text };
  return wrong('file:<path>, command:<program and arguments>, or off');
}
