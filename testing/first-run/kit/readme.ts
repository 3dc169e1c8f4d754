/** Blocks of the README, to be run as they stand. */
import { readFileSync } from 'node:fs';

/** The code blocks below a heading, by their language. */
export function blocksOf(heading: string, language: string): string[] {
  const section = readFileSync('README.md', 'utf8')
    .split(`\n## ${heading}\n`)[1]
    ?.split('\n## ')[0];
  if (section === undefined) throw new Error(`the README has no heading "${heading}"`);
  return [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
}

/** The README's address of the gateway, as it is in this test. */
export const at = (text: string, address: string): string =>
  text.replaceAll('http://127.0.0.1:4000', address);
