/** A figure over time as a small line; gaps where nothing was counted. */

const WIDTH = 160;
const HEIGHT = 32;
const EDGE = 3;

export function Sparkline({
  values,
  label,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
}) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span class="muted">nothing counted</span>;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  const points = values.map((value, index) =>
    value === null ? null : ([EDGE + index * step, yOf(value, low, high)] as const),
  );
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={pathOf(points)} fill="none" stroke="currentColor" stroke-width="1.5" />
      {points.map(
        (point) =>
          point && (
            <circle key={point[0]} cx={point[0]} cy={point[1]} r="1.8" fill="currentColor" />
          ),
      )}
    </svg>
  );
}

function yOf(value: number, low: number, high: number): number {
  const share = high === low ? 0.5 : (value - low) / (high - low);
  return HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
}

function pathOf(points: readonly (readonly [number, number] | null)[]): string {
  return points
    .map((point, index) => {
      if (point === null) return '';
      return `${points[index - 1] ? 'L' : 'M'}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    })
    .join('');
}
