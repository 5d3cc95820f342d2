// A few older medians as a line; the last one is a dot.
import { micros } from '../format';
import { linear } from './scale';

const width = 112;
const height = 26;

/** Points of the polyline; a flat series is drawn in the middle. */
export function sparkPoints(values: readonly number[]): [number, number][] {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const x = linear([0, Math.max(1, values.length - 1)], [3, width - 4]);
  const y = linear([min, max], [height - 4, 4]);
  return values.map((v, i) => [
    Number(x(values.length === 1 ? 1 : i).toFixed(1)),
    max > min ? Number(y(v).toFixed(1)) : height / 2,
  ]);
}

export function Sparkline({ values }: { values: readonly number[] }) {
  // One value has no course to show.
  if (values.length < 2) return null;
  const points = sparkPoints(values);
  const last = points[points.length - 1]!;
  const label = `${values.length} runs, ${micros(Math.min(...values))} to ${micros(Math.max(...values))}`;
  return (
    <svg
      class="spark"
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <polyline points={points.map((p) => p.join(',')).join(' ')} />
      <circle cx={last[0]} cy={last[1]} r="2.5" />
    </svg>
  );
}
