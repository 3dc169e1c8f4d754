/**
 * Escapes control characters of outside text, which would move the cursor, change colours or
 * reverse text on a terminal.
 */

/**
 * C0 except tab and line feed, DEL, C1, and characters that change the direction of text or
 * separate lines.
 */
// biome-ignore format: a comment for one line needs it to be one
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function printable(text: string): string {
  return text.replace(HARMFUL, spelled);
}

/**
 * The same for a line of JSON. Escapes in it are doubled, so that they stay escaped when a program
 * prints its values.
 */
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
