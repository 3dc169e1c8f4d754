/**
 * Bars as an SVG: flows per second on the left, CPU per flow by process on the right. Readable on
 * light and dark pages: the picture brings its own background for both.
 */
const [WIDTH, HEIGHT, TOP, BOTTOM, LEFT, GAP] = [900, 360, 98, 48, 16, 24];
const PANEL = (WIDTH - 2 * LEFT - GAP) / 2;

const STYLE = `<style>
  .page { fill: #ffffff } text { fill: #24292f } .soft { fill: #57606a } .grid { stroke: #d0d7de }
  .rate { fill: #0969da } .own { fill: #0969da } .postgres { fill: #bf8700 } .kafka { fill: #8250df } .worker { fill: #6e7781 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #3d444d }
    .rate { fill: #4493f8 } .own { fill: #4493f8 } .postgres { fill: #d29922 } .kafka { fill: #ab7df8 } .worker { fill: #9198a1 }
  }
</style>`;

const PROCESSES = [
  ['own', 'gateway'],
  ['postgres', 'PostgreSQL'],
  ['kafka', 'Kafka'],
  ['worker', 'worker'],
];

const xml = (text) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);
const place = (value) => value.toFixed(1);

function text(x, y, content, { anchor = 'start', size = 12, kind = '' } = {}) {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}" font-size="${size}" class="${kind}">${xml(content)}</text>`;
}

function bar(x, { y, width, height }, kind) {
  return `<rect x="${place(x)}" y="${place(y)}" width="${place(width)}" height="${place(Math.max(0, height))}" class="${kind}"/>`;
}

/** `parts(point)`: [class, value] of each part of a bar, from below. */
function panel(left, points, { title, parts, digits }) {
  const most = Math.max(...points.map((one) => total(parts(one))));
  const high = HEIGHT - TOP - BOTTOM;
  const slot = PANEL / points.length;
  const width = Math.min(64, slot * 0.6);
  const bars = points.flatMap((point, index) => {
    const x = left + slot * (index + 0.5);
    let y = HEIGHT - BOTTOM;
    const rects = parts(point).map(([kind, value]) => {
      const height = (value / most) * high;
      y -= height;
      return bar(x - width / 2, { y, width, height }, kind);
    });
    const value = total(parts(point)).toFixed(digits);
    return [
      ...rects,
      text(x, y - 5, value, { anchor: 'middle' }),
      text(x, HEIGHT - BOTTOM + 18, point.label, { anchor: 'middle', kind: 'soft' }),
    ];
  });
  const line = HEIGHT - BOTTOM;
  return [
    text(left, 48, title, { size: 13 }),
    ...bars,
    `<line x1="${left}" y1="${line}" x2="${left + PANEL}" y2="${line}" class="grid"/>`,
  ];
}

const total = (parts) => parts.reduce((sum, [, value]) => sum + value, 0);

function legend(left) {
  return PROCESSES.flatMap(([kind, name], index) => {
    const x = left + index * 100;
    return [
      bar(x, { y: 56, width: 10, height: 10 }, kind),
      text(x + 14, 65, name, { kind: 'soft' }),
    ];
  });
}

/** `points`: {label, perSecond, cpu: {own, postgres, kafka, worker}}. */
export function draw({ title, axis, points }) {
  const right = LEFT + PANEL + GAP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif">`,
    STYLE,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" class="page"/>`,
    text(LEFT, 24, title, { size: 15 }),
    ...panel(LEFT, points, {
      title: 'flows per second',
      parts: ({ perSecond }) => [['rate', perSecond]],
      digits: 0,
    }),
    ...panel(right, points, {
      title: 'CPU seconds per 1,000 flows',
      parts: ({ cpu }) => PROCESSES.map(([kind]) => [kind, cpu[kind] ?? 0]),
      digits: 2,
    }),
    ...legend(right),
    text(WIDTH / 2, HEIGHT - 10, axis, { anchor: 'middle', kind: 'soft' }),
    '</svg>',
    '',
  ].join('\n');
}
