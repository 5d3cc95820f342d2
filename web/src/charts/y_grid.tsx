// The horizontal lines of a chart and their labels left of the value axis.

export interface Margin {
  left: number;
  right: number;
}

/** `ticks`: values of the axis; `y`: value to pixels from the top. */
export function YGrid({
  ticks,
  y,
  label,
  width,
  margin,
}: {
  ticks: readonly number[];
  y(value: number): number;
  label(value: number): string;
  width: number;
  margin: Margin;
}) {
  return (
    <>
      {ticks.map((t) => (
        <g key={t}>
          <line
            class="grid"
            x1={margin.left}
            x2={width - margin.right}
            y1={y(t)}
            y2={y(t)}
          />
          <text class="tick" x={margin.left - 6} y={y(t) + 4} text-anchor="end">
            {label(t)}
          </text>
        </g>
      ))}
    </>
  );
}
