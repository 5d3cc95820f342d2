// The memory plan over time: x is the layer, y the offset in the arena, a box
// is a buffer from its first to its last layer. Where boxes stand highest, the
// arena has its size from. Layer -1 is before the first (the input is written),
// a layer after the last one is where the output is read.
import { bytes, bytesExact, count } from '../format';
import { useWidth } from '../ui/width';
import { byteTicks, linear } from './scale';
import { YGrid } from './y_grid';

export interface Buffer {
  tensor: string;
  /** What is written into its box. */
  shortName?: string;
  offset: number;
  size: number;
  first: number;
  last: number;
}

/** Highest byte in use per layer, 0..layerCount-1. */
export function peaks(plan: readonly Buffer[], layerCount: number): number[] {
  const top = new Array<number>(layerCount).fill(0);
  for (const b of plan) {
    for (
      let i = Math.max(0, b.first);
      i <= Math.min(layerCount - 1, b.last);
      i++
    ) {
      top[i] = Math.max(top[i]!, b.offset + b.size);
    }
  }
  return top;
}

/** The layer that makes the arena as large as it is. */
export function peakLayer(plan: readonly Buffer[], layerCount: number): number {
  const top = peaks(plan, layerCount);
  return top.indexOf(Math.max(...top));
}

/** Columns to draw: all layers, and what lies before and after them. */
export function span(
  plan: readonly Buffer[],
  layerCount: number,
): [number, number] {
  return [
    Math.min(0, ...plan.map((b) => b.first)),
    Math.max(layerCount, ...plan.map((b) => b.last + 1)),
  ];
}

function columnName(i: number, layerCount: number): string {
  return i < 0 ? 'in' : i >= layerCount ? 'out' : String(i);
}

const margin = { left: 62, right: 8, top: 12, bottom: 34 };

export function MemoryPlan({
  plan,
  layerNames,
  arena,
}: {
  plan: readonly Buffer[];
  layerNames: readonly string[];
  arena: number;
}) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const layerCount =
    layerNames.length || Math.max(1, ...plan.map((b) => b.last + 1));
  const [from, to] = span(plan, layerCount);
  const height = 300;
  const x = linear([from, to], [margin.left, width - margin.right]);
  const y = linear(
    [0, Math.max(1, arena)],
    [height - margin.bottom, margin.top],
  );
  const at = peakLayer(plan, layerCount);
  const every = Math.max(
    1,
    Math.ceil(layerCount / Math.max(1, (width - 70) / 30)),
  );
  const label =
    `Memory plan: ${plan.length} buffers over ${layerCount} layers in ` +
    `${bytes(arena)}; the peak is in layer ${at} (${layerNames[at] ?? '?'})`;
  return (
    <div ref={ref} class="chart">
      <svg width={width} height={height} role="img" aria-label={label}>
        <YGrid
          ticks={byteTicks(arena, 6)}
          y={y}
          label={bytes}
          width={width}
          margin={margin}
        />
        <rect
          class="peak"
          x={x(at)}
          width={x(at + 1) - x(at)}
          y={margin.top}
          height={height - margin.bottom - margin.top}
        />
        {plan.map((b, i) => (
          <Box
            key={`${b.tensor} ${b.offset} ${b.first}`}
            buffer={b}
            tone={i % 6}
            x={x}
            y={y}
          />
        ))}
        <line
          class="marker"
          x1={margin.left}
          x2={width - margin.right}
          y1={y(arena)}
          y2={y(arena)}
        />
        {Array.from({ length: to - from }, (_, n) => from + n).map(
          (i) =>
            (i < 0 || i % every === 0) && (
              <text
                key={i}
                class="tick"
                x={(x(i) + x(i + 1)) / 2}
                y={height - margin.bottom + 15}
                text-anchor="middle"
              >
                {columnName(i, layerCount)}
              </text>
            ),
        )}
        <text
          class="axis"
          x={width - margin.right}
          y={height - 4}
          text-anchor="end"
        >
          layer
        </text>
      </svg>
      <p class="quiet">
        {count(plan.length)} buffers; the arena of {bytesExact(arena)} is set by
        layer {at}
        {layerNames[at] ? ` (${layerNames[at]})` : ''}.
      </p>
    </div>
  );
}

function Box({
  buffer: b,
  tone,
  x,
  y,
}: {
  buffer: Buffer;
  tone: number;
  x: (n: number) => number;
  y: (n: number) => number;
}) {
  const left = x(b.first);
  const width = Math.max(1, x(b.last + 1) - left - 1);
  const top = y(b.offset + b.size);
  const height = Math.max(1, y(b.offset) - top - 1);
  const letters = Math.floor((width - 8) / 6.4);
  const name = b.shortName ?? b.tensor;
  const fits = name.length <= letters;
  const text = fits ? name : `${name.slice(0, Math.max(0, letters - 1))}…`;
  return (
    <g>
      <rect
        class={`buffer part-${tone}`}
        x={left}
        y={top}
        width={width}
        height={height}
        rx="2"
      >
        <title>{`${b.tensor}: ${bytesExact(b.size)} at ${count(b.offset)}, layers ${b.first} to ${b.last}`}</title>
      </rect>
      {(fits || letters >= 10) && height >= 14 && (
        <text
          class="in-box"
          x={left + 4}
          y={top + Math.min(height / 2 + 4, 14)}
        >
          {text}
        </text>
      )}
    </g>
  );
}
