// Time series by uPlot: one line per model, board and origin; vertical marks
// for what changed around the figures. Zoom by dragging; the caller keeps it.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useWidth } from '../ui/width';
import { axisLabels, byteSteps, timeTemplates, type Unit } from './axis';

export interface Line {
  name: string;
  /** Seconds since the epoch, ascending. */
  times: number[];
  values: number[];
}

/** `kind` leaves room for change points. */
export interface Mark {
  time: number;
  kind: 'environment' | 'baseline';
  label: string;
}

export interface Zoom {
  from: number;
  to: number;
}

/** Lines of different times -> uPlot's one shared x axis with holes. */
export function align(lines: readonly Line[]): (number | null)[][] {
  const all = [...new Set(lines.flatMap((line) => line.times))].sort(
    (a, b) => a - b,
  );
  const at = new Map(all.map((time, i) => [time, i]));
  const columns = lines.map((line) => {
    const column = new Array<number | null>(all.length).fill(null);
    line.times.forEach((time, i) => (column[at.get(time)!] = line.values[i]!));
    return column;
  });
  return [all, ...columns];
}

interface Props {
  lines: readonly Line[];
  marks: readonly Mark[];
  zoom?: Zoom;
  onZoom(zoom: Zoom | undefined): void;
  log: boolean;
  format(value: number): string;
  unit: Unit;
  label: string;
  themeKey: string;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(name)
    .trim();
}

const NEAR_PX = 8;

/** What the marks near the pointer say; '' away from all. */
export function marksNear(
  marks: readonly Mark[],
  at: (time: number) => number,
  left: number,
): string {
  return [
    ...new Set(
      marks
        .filter((mark) => Math.abs(at(mark.time) - left) <= NEAR_PX)
        .map((mark) => mark.label),
    ),
  ].join('; ');
}

function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const mark of marks) {
    const baseline = mark.kind === 'baseline';
    ctx.strokeStyle = colour(baseline ? '--better' : '--mark');
    const dash = (baseline ? 1 : 4) * devicePixelRatio;
    ctx.setLineDash([dash, dash]);
    const x = u.valToPos(mark.time, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function options(
  props: Props,
  width: number,
  note: (text: string) => void,
): uPlot.Options {
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
  return {
    width,
    height: 340,
    // Room for half of the last label.
    padding: [12, 30, 0, 0],
    scales: {
      x: {
        time: true,
        ...(props.zoom ? { range: [props.zoom.from, props.zoom.to] } : {}),
      },
      y: props.log ? { distr: 3, log: 10 } : {},
    },
    axes: [
      { ...axis, values: timeTemplates as unknown as uPlot.Axis.Values },
      {
        ...axis,
        // As wide as the widest label, so that no figure is cut off.
        size: (_u, labels) =>
          24 + 6.8 * Math.max(4, ...(labels ?? []).map((l) => l.length)),
        values: (_u, splits) => axisLabels(splits, props.unit),
        ...(props.unit === 'bytes' && !props.log ? { incrs: byteSteps } : {}),
      },
    ],
    series: [
      { label: 'time', value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
      ...props.lines.map((line, i) => ({
        label: line.name,
        stroke: colour(`--series-${i % 8}`),
        width: 1.5,
        spanGaps: true,
        points: { show: line.times.length < 200, size: 6 },
        value: (_u: uPlot, v: number | null) =>
          v === null ? '–' : props.format(v),
      })),
    ],
    cursor: { drag: { x: true, y: false, setScale: false } },
    legend: { live: width >= 480 },
    hooks: {
      draw: [(u) => drawMarks(u, props.marks)],
      setCursor: [
        (u) =>
          note(
            marksNear(
              props.marks,
              (t) => u.valToPos(t, 'x'),
              u.cursor.left ?? -1e6,
            ),
          ),
      ],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          props.onZoom({ from: Math.floor(from), to: Math.ceil(to) });
        },
      ],
    },
  };
}

export function TimeSeries(props: Props) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  const [note, setNote] = useState('');
  const key = JSON.stringify([
    props.lines,
    props.marks,
    props.zoom,
    props.log,
    props.themeKey,
  ]);
  useEffect(() => {
    if (!host.current) return undefined;
    const chart = new uPlot(
      options(props, width, setNote),
      align(props.lines) as uPlot.AlignedData,
      host.current,
    );
    const reset = () => props.onZoom(undefined);
    chart.over.addEventListener('dblclick', reset);
    return () => chart.destroy();
  }, [key, width]);
  return (
    <div ref={ref} class="chart">
      <div ref={host} role="img" aria-label={props.label} />
      <p class="mark-note" role="status">
        {note}
      </p>
    </div>
  );
}
