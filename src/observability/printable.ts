/** Text that comes from elsewhere, made harmless for a terminal: what moves the cursor, colours or turns text around is spelled out. */

/** C0 but tab and line feed, DEL, C1, and what changes the direction of text or ends a line unseen. */
// biome-ignore format: a comment for one line needs it to be one
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(HARMFUL, spelled);
}

/** The same for a line of JSON: what it has escaped already stays spelled out when a terminal shows its values. */
export function printableJson(line: string): string {
  return line
    .replace(/\\(?:u[0-9a-f]{4}|.)/gi, (escaped) => {
      const text = JSON.parse(`"${escaped}"`) as string;
      return text.replace(HARMFUL, '') === '' ? `\\${spelled(text)}` : escaped;
    })
    .replace(HARMFUL, (character) => `\\${spelled(character)}`);
}

function spelled(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
