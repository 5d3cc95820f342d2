// Histogram of the raw samples of a run.
import { compact, count } from '../format';
import { useWidth } from '../ui/width';
import { linear, ticks } from './scale';
import { YGrid } from './y_grid';

export interface Bin {
  /** [from, to), the last one [from, to]. */
  from: number;
  to: number;
  count: number;
}

/** Integer-wide bins (cycles are integers); one bin when all are equal. */
export function bin(samples: readonly number[], wanted: number): Bin[] {
  if (samples.length === 0) return [];
  let min = Infinity;
  let max = -Infinity;
  for (const s of samples) {
    min = Math.min(min, s);
    max = Math.max(max, s);
  }
  const width = Math.max(1, Math.ceil((max - min + 1) / Math.max(1, wanted)));
  const size = Math.max(1, Math.ceil((max - min + 1) / width));
  const bins = Array.from({ length: size }, (_, i) => ({
    from: min + i * width,
    to: min + (i + 1) * width,
    count: 0,
  }));
  for (const s of samples)
    bins[Math.min(size - 1, Math.floor((s - min) / width))]!.count++;
  return bins;
}

/** Square-root rule within what can be told apart on a screen. */
export function binsWanted(sampleCount: number, width_px: number): number {
  return Math.max(
    8,
    Math.min(
      Math.ceil(Math.sqrt(sampleCount)) * 2,
      Math.floor(width_px / 8),
      60,
    ),
  );
}

const height = 180;
const margin = { left: 44, right: 12, top: 28, bottom: 34 };

export function Histogram({
  samples,
  median,
}: {
  samples: readonly number[];
  median: number;
}) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const bins = bin(samples, binsWanted(samples.length, width - 60));
  return (
    <div ref={ref} class="chart">
      {bins.length > 0 && (
        <Drawing
          bins={bins}
          largest={samples.reduce((a, b) => Math.max(a, b))}
          median={median}
          width={width}
        />
      )}
    </div>
  );
}

function Drawing({
  bins,
  largest,
  median,
  width,
}: {
  bins: Bin[];
  largest: number;
  median: number;
  width: number;
}) {
  const low = bins[0]!.from;
  const high = bins[bins.length - 1]!.to;
  const most = Math.max(...bins.map((b) => b.count));
  // One value only: draw it as a bar in the middle, not as a wall.
  const range: [number, number] =
    bins.length === 1 ? [low - 4, low + 5] : [low, high];
  const x = linear(range, [margin.left, width - margin.right]);
  const y = linear([0, most], [height - margin.bottom, margin.top]);
  const label =
    `Histogram: ${bins.reduce((n, b) => n + b.count, 0)} samples from ` +
    `${count(low)} to ${count(largest)} cycles, median ${count(median)}`;
  const xTicks =
    bins.length === 1
      ? [low]
      : ticks(low, high, Math.max(2, Math.floor(width / 140)));
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <YGrid
        ticks={ticks(0, most, 4).filter(Number.isInteger)}
        y={y}
        label={compact}
        width={width}
        margin={margin}
      />
      {bins.map((b) => (
        <rect
          key={b.from}
          class="bar-a"
          x={x(b.from) + 0.5}
          y={y(b.count)}
          width={Math.max(1, x(b.to) - x(b.from) - 1)}
          height={Math.max(0, y(0) - y(b.count))}
        >
          <title>{`${count(b.from)}${b.to - b.from > 1 ? ` to ${count(b.to - 1)}` : ''} cycles: ${b.count} samples`}</title>
        </rect>
      ))}
      <line
        class="marker"
        x1={x(median + 0.5)}
        x2={x(median + 0.5)}
        y1={margin.top - 4}
        y2={y(0)}
      />
      <text
        class="tick strong"
        x={Math.min(x(median + 0.5) + 4, width - 60)}
        y={margin.top - 6}
      >
        median
      </text>
      {xTicks.map((t) => (
        <text
          key={t}
          class="tick"
          x={x(t + (bins.length === 1 ? 0.5 : 0))}
          y={height - margin.bottom + 15}
          text-anchor="middle"
        >
          {count(t)}
        </text>
      ))}
      <text
        class="axis"
        x={width - margin.right}
        y={height - 4}
        text-anchor="end"
      >
        cycles
      </text>
      <text class="axis" x={4} y={11}>
        samples
      </text>
    </svg>
  );
}
