/** docs/drills.md: what each drill caused and saw, and what the blocks of the runbook printed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';

const LINES = 14;
const WIDTH = 170;

/** Readable, and without what is different on every machine. */
function shortened(output, folder) {
  const lines = output.replaceAll(folder, '/tmp/drills').replaceAll(ROOT, '').trimEnd().split('\n');
  const shown = lines
    .slice(0, LINES)
    .map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH)} …` : line));
  return [...shown, ...(lines.length > LINES ? [`… ${lines.length - LINES} more lines`] : [])].join(
    '\n',
  );
}

function sectionOf({ name, part, runs }, folder) {
  const blocks = runs.map(
    ({ commands, output }) =>
      `${commands
        .trimEnd()
        .split('\n')
        .map((line) => `$ ${line}`)
        .join('\n')}\n${shortened(output, folder)}`,
  );
  const title = part === undefined ? name : `${name}, ${part}`;
  return `## ${title}\n\n\`\`\`text\n${blocks.join('\n\n').trimEnd()}\n\`\`\`\n`;
}

/** The number of seconds, or what went wrong. */
const result = ({ seconds, problem }) => problem ?? `${seconds.toFixed(1)} s`;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const link = ({ name, part }) => {
  const title = part === undefined ? name : `${name}, ${part}`;
  const anchor = title
    .toLowerCase()
    .replace(/[^a-z0-9_ ]/g, '')
    .replaceAll(' ', '-');
  return `[${title}](#${anchor})`;
};

export function writeReport(results, { folder, minutes }) {
  const rows = results.map(
    (one) =>
      `| ${link(one)} | ${cell(one.caused)} | ${cell(one.evidence ?? '')} | ${result(one)} |`,
  );
  const date = new Date().toISOString().slice(0, 10);
  const text = `# Drills

\`npm run drills\` causes the situation behind each alert and each verdict on a real Kafka, a real PostgreSQL and real gateways, sees the alert's condition at \`/metrics\` or the verdict of \`backstep diagnose\`, runs the
blocks of [operating.md](operating.md#alerts) as they stand, and waits until the condition is gone. An alert fires after its condition has held for the time in \`docker/prometheus/rules.yaml\`; the drills do not wait for
that, and ratios are those of the drill's own flows. Last run: ${date}, ${results.length} drills in ${minutes.toFixed(0)} minutes.

| drill | caused | seen | gone after the commands |
| --- | --- | --- | --- |
${rows.join('\n')}

${results.map((one) => sectionOf(one, folder)).join('\n')}`;
  writeFileSync(join(ROOT, 'docs', 'drills.md'), text);
}
