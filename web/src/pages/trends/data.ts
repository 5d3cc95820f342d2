// Lines and marks of the Trends page.
import type { Unit } from '../../charts/axis';
import type { Line, Mark, Zoom } from '../../charts/time_series';
import { bytes, count, micros, percent } from '../../format';
import type { Baseline, Origin, Trend, TrendPoint } from '../../types.gen';

export interface Metric {
  key: string;
  name: string;
  format(value: number): string;
  unit: Unit;
}

export const metrics: Metric[] = [
  { key: 'us_p50', name: 'latency, median', format: micros, unit: 'us' },
  { key: 'cycles_p50', name: 'cycles, median', format: count, unit: 'count' },
  { key: 'instructions', name: 'instructions', format: count, unit: 'count' },
  { key: 'arena_bytes', name: 'SRAM: arena', format: bytes, unit: 'bytes' },
  { key: 'sram_bytes', name: 'SRAM', format: bytes, unit: 'bytes' },
  { key: 'flash_bytes', name: 'flash', format: bytes, unit: 'bytes' },
  { key: 'top1', name: 'top-1', format: percent, unit: 'share' },
];

export const metricOf = (key: string | null): Metric =>
  metrics.find((m) => m.key === key) ?? metrics[0]!;

export const MOST_LINES = 12;

export interface Pair {
  model: string;
  board: string;
}

/** What the URL asks for; nothing chosen: the first of each. */
export function pairs(
  params: URLSearchParams,
  models: readonly string[],
  boards: readonly string[],
): Pair[] {
  const chosenModels = params.getAll('model');
  const chosenBoards = params.getAll('board');
  const ofModels = chosenModels.length > 0 ? chosenModels : models.slice(0, 1);
  const ofBoards = chosenBoards.length > 0 ? chosenBoards : boards;
  return ofModels
    .flatMap((model) => ofBoards.map((board) => ({ model, board })))
    .slice(0, MOST_LINES);
}

const seconds = (point: TrendPoint) =>
  Date.parse(point.createTime ?? '') / 1000;

/** One line per origin: what is emulated is never joined to what is measured. */
export function toLines(trends: readonly Trend[]): Line[] {
  return trends.flatMap((trend) => {
    const origins = [...new Set(trend.points.map((p) => p.origin))];
    return origins.map((origin) => {
      const points = trend.points.filter((p) => p.origin === origin);
      return {
        name: lineName(trend, origin),
        times: points.map(seconds),
        values: points.map((p) => p.value),
      };
    });
  });
}

export function lineName(trend: Trend, origin: Origin): string {
  return `${trend.modelName} · ${trend.boardId} · ${origin}`;
}

export function toMarks(
  trends: readonly Trend[],
  baselines: readonly Baseline[],
): Mark[] {
  const names = namesByRun(baselines);
  return trends.flatMap((trend) => {
    const whose = `${trend.modelName} on ${trend.boardId}`;
    return trend.points.flatMap((p) => {
      const marks: Mark[] = [];
      if (p.environmentChanges.length > 0)
        marks.push({
          time: seconds(p),
          kind: 'environment',
          label: `${whose}: ${p.environmentChanges.map(fieldWord).join(', ')} changed`,
        });
      for (const name of names.get(p.runId) ?? [])
        marks.push({
          time: seconds(p),
          kind: 'baseline',
          label: `${whose}: baseline ${name} (${p.runId})`,
        });
      return marks;
    });
  });
}

export function namesByRun(
  baselines: readonly Baseline[],
): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const b of baselines)
    out.set(b.runId, [...(out.get(b.runId) ?? []), b.name]);
  return out;
}

/** "compiler_flags" -> "compiler flags". */
export const fieldWord = (field: string) => field.replace(/_/g, ' ');

export interface PointRow extends TrendPoint {
  model: string;
  board: string;
}

/** The points in view, newest first. */
export function toRows(trends: readonly Trend[], zoom?: Zoom): PointRow[] {
  return trends
    .flatMap((t) =>
      t.points.map((p) => ({ ...p, model: t.modelName, board: t.boardId })),
    )
    .filter((p) => !zoom || (seconds(p) >= zoom.from && seconds(p) <= zoom.to))
    .sort((a, b) => seconds(b) - seconds(a));
}

/** `from` and `to` of the URL, RFC 3339; undefined unless both make sense. */
export function parseZoom(params: URLSearchParams): Zoom | undefined {
  const from = Date.parse(params.get('from') ?? '') / 1000;
  const to = Date.parse(params.get('to') ?? '') / 1000;
  return to > from ? { from, to } : undefined;
}

export const formatTime = (seconds_: number) =>
  new Date(seconds_ * 1000).toISOString().replace('.000Z', 'Z');
