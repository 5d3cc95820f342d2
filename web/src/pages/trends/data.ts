// Lines and marks of the Trends page.
import type { Line, Mark, Zoom } from '../../charts/time_series';
import { bytes, compact, micros, percent } from '../../format';
import type { Origin, Trend, TrendPoint } from '../../types.gen';

export interface Metric {
  key: string;
  name: string;
  format(value: number): string;
}

export const metrics: Metric[] = [
  { key: 'us_p50', name: 'latency, median', format: micros },
  { key: 'cycles_p50', name: 'cycles, median', format: compact },
  { key: 'instructions', name: 'instructions', format: compact },
  { key: 'arena_bytes', name: 'arena', format: bytes },
  { key: 'sram_bytes', name: 'SRAM', format: bytes },
  { key: 'flash_bytes', name: 'flash', format: bytes },
  { key: 'top1', name: 'top-1', format: percent },
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

export function toMarks(trends: readonly Trend[]): Mark[] {
  return trends.flatMap((trend) =>
    trend.points
      .filter((p) => p.environmentChanges.length > 0)
      .map((p) => ({
        time: seconds(p),
        kind: 'environment' as const,
        label: `${trend.modelName} on ${trend.boardId}: ${p.environmentChanges.join(', ')}`,
      })),
  );
}

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
