import { expect, test } from 'vitest';
import { align, marksNear } from '../../charts/time_series';
import type { Trend } from '../../types.gen';
import { pairs, parseZoom, toLines, toMarks, toRows } from './data';

const point = (
  time: string,
  value: number,
  origin = 'EMULATED',
  environmentChanges: string[] = [],
) => ({
  createTime: time,
  runId: `r-${value}`,
  value,
  origin,
  environmentChanges,
});
const trend = {
  modelName: 'm',
  boardId: 'b',
  metric: 'us_p50',
  points: [
    point('2026-01-01T00:00:00Z', 1),
    point('2026-01-02T00:00:00Z', 2, 'MEASURED'),
    point('2026-01-03T00:00:00Z', 3, 'EMULATED', ['compiler', 'clock_hz']),
  ],
} as Trend;

test('emulated and measured points are never one line', () => {
  const lines = toLines([trend]);
  expect(lines.map((l) => l.name)).toEqual([
    'm · b · EMULATED',
    'm · b · MEASURED',
  ]);
  expect(lines[0]!.values).toEqual([1, 3]);
});

test('lines share one time axis with holes', () => {
  const data = align(toLines([trend]));
  expect(data[0]).toHaveLength(3);
  expect(data[1]).toEqual([1, null, 3]);
  expect(data[2]).toEqual([null, 2, null]);
});

test('an environment change is marked with the names of what changed', () => {
  expect(toMarks([trend], [])).toEqual([
    {
      time: Date.parse('2026-01-03T00:00:00Z') / 1000,
      kind: 'environment',
      label: 'm on b: compiler, clock hz changed',
    },
  ]);
});

test('a baseline is marked at its run only', () => {
  const run = trend.points[1]!;
  const marks = toMarks(
    [trend],
    [
      { name: 'release-1', runId: run.runId },
      { name: 'other', runId: 'r-999' },
    ],
  ).filter((m) => m.kind === 'baseline');
  expect(marks).toEqual([
    {
      time: Date.parse(run.createTime!) / 1000,
      kind: 'baseline',
      label: `m on b: baseline release-1 (${run.runId})`,
    },
  ]);
});

test('what a mark says shows near it, each text once', () => {
  const mark = (time: number, label: string) => ({
    time,
    kind: 'environment' as const,
    label,
  });
  const marks = [mark(10, 'a'), mark(12, 'a'), mark(13, 'b'), mark(90, 'c')];
  expect(marksNear(marks, (t) => t, 11)).toBe('a; b');
  expect(marksNear(marks, (t) => t, 50)).toBe('');
});

test('the table shows what the zoom shows, newest first', () => {
  const zoom = parseZoom(
    new URLSearchParams('from=2026-01-02T00:00:00Z&to=2026-02-01T00:00:00Z'),
  );
  expect(toRows([trend], zoom).map((p) => p.value)).toEqual([3, 2]);
  expect(
    parseZoom(new URLSearchParams('from=x&to=2026-02-01T00:00:00Z')),
  ).toBeUndefined();
  expect(
    parseZoom(
      new URLSearchParams('from=2027-01-01T00:00:00Z&to=2026-02-01T00:00:00Z'),
    ),
  ).toBeUndefined();
});

test('models x boards of the URL; without any, the first model on all boards', () => {
  expect(pairs(new URLSearchParams(), ['a', 'z'], ['x', 'y'])).toEqual([
    { model: 'a', board: 'x' },
    { model: 'a', board: 'y' },
  ]);
  expect(pairs(new URLSearchParams('model=z&board=y'), ['a'], ['x'])).toEqual([
    { model: 'z', board: 'y' },
  ]);
});
