/**
 * Two lines over time as an SVG: memory on the left axis, the time of `execute` on the right one.
 */
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [900, 360, 60, 60, 50, 40];

const scale = (most, from, to) => (value) => from + (value / most) * (to - from);
const nice = (most) => {
  const power = 10 ** Math.floor(Math.log10(most || 1));
  return Math.ceil(most / power) * power;
};
const text = (x, y, content, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;

/** `samples`: {at: s, memory: MB, p99: ms or null}; `marks`: {at: s, name}. */
export function draw({ title, samples, marks }) {
  const end = samples.at(-1).at;
  const memoryMost = nice(Math.max(...samples.map(({ memory }) => memory)));
  const timeMost = nice(Math.max(1, ...samples.map(({ p99 }) => p99 ?? 0)));
  const x = scale(end, LEFT, WIDTH - RIGHT);
  const line = (most, pick, colour, dash) => {
    const y = scale(most, HEIGHT - BOTTOM, TOP);
    const points = samples
      .filter((one) => pick(one) !== null)
      .map((one) => `${x(one.at).toFixed(1)},${y(pick(one)).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" ${dash} points="${points.join(' ')}"/>`;
  };
  const axis = (most, unit, { at, anchor, colour }) =>
    [0, 0.25, 0.5, 0.75, 1].map((part) =>
      text(
        at,
        HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP) + 4,
        `${Math.round(most * part)}${part === 1 ? ` ${unit}` : ''}`,
        `text-anchor="${anchor}" fill="${colour}"`,
      ),
    );
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP);
    return `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#ddd"/>`;
  });
  const phases = marks.map(({ at, name }, index) => {
    // A label that would leave the picture stands on the other side of its line.
    const [place, anchor] = at > end * 0.7 ? [x(at) - 3, 'end'] : [x(at) + 3, 'start'];
    const line = `<line x1="${x(at)}" y1="${TOP}" x2="${x(at)}" y2="${HEIGHT - BOTTOM}" stroke="#888" stroke-dasharray="2 3"/>`;
    return `${line}${text(place, TOP + 12 + (index % 3) * 13, name, `text-anchor="${anchor}" fill="#555"`)}`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) =>
    text(
      x(end * part),
      HEIGHT - BOTTOM + 18,
      `${Math.round(end * part)} s`,
      'text-anchor="middle" fill="#555"',
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 20, title, 'font-size="14" fill="#111"'),
    text(LEFT, 36, '— gateway memory, MB (left)', 'fill="#1f6feb"'),
    text(LEFT + 190, 36, '- - execute, p99 of each second, ms (right)', 'fill="#b35900"'),
    ...grid,
    ...axis(memoryMost, 'MB', { at: LEFT - 6, anchor: 'end', colour: '#1f6feb' }),
    ...axis(timeMost, 'ms', { at: WIDTH - RIGHT + 6, anchor: 'start', colour: '#b35900' }),
    ...ticks,
    ...phases,
    line(memoryMost, ({ memory }) => memory, '#1f6feb', ''),
    line(timeMost, ({ p99 }) => p99, '#b35900', 'stroke-dasharray="5 3"'),
    '</svg>',
  ].join('\n');
}
