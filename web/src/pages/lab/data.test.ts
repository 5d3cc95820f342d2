import { expect, test } from 'vitest';
import type { Board, Job } from '../../types.gen';
import { busyShare } from '../../charts/timeline';
import type { BoardActivity } from '../../types.gen';
import {
  agents,
  busySpans,
  changeRows,
  healthOf,
  hoursOf,
  windowStart,
} from './data';

const now = Date.parse('2026-01-02T00:00:00Z');

test('an agent is away when all its boards are', () => {
  const board = (name: string, agentId: string, state: string) =>
    ({ name, agentId, state }) as Board;
  const list = agents([
    board('b/2', 'b', 'OFFLINE'),
    board('a/1', 'a', 'IDLE'),
    board('b/1', 'b', 'OFFLINE'),
  ]);
  expect(list.map((a) => [a.id, a.online, a.boards.length])).toEqual([
    ['a', true, 1],
    ['b', false, 2],
  ]);
});

test('a job holds its board from its lease to its end; the queue never counts', () => {
  const spans = busySpans(
    [
      {
        id: 'j-1',
        state: 'SUCCEEDED',
        boardName: 'a/1',
        createTime: '2026-01-01T00:00:00Z',
        leaseTime: '2026-01-01T12:00:00Z',
        endTime: '2026-01-01T18:00:00Z',
      },
      {
        id: 'j-2',
        state: 'RUNNING',
        boardName: 'a/1',
        leaseTime: '2026-01-01T23:00:00Z',
      },
      { id: 'j-3', state: 'QUEUED', boardName: '' },
    ] as Job[],
    now,
  ).get('a/1')!;
  expect(spans.map((s) => s.tone)).toEqual(['ok', 'now']);
  expect(busyShare(spans, now - 86_400_000, now)).toBeCloseTo(7 / 24, 9);
});

test('overlapping spans count once', () => {
  const span = (from: number, to: number) => ({
    id: `${from}`,
    from,
    to,
    tone: 'ok' as const,
    label: '',
  });
  expect(
    busyShare([span(0, 60), span(30, 80), span(40, 50)], 0, 100),
  ).toBeCloseTo(0.8, 9);
});

test('utilisation is not claimed beyond what was seen', () => {
  const job = { createTime: '2026-01-01T20:00:00Z' } as Job;
  expect(windowStart([job], false, now)).toBe(
    Date.parse('2026-01-01T20:00:00Z'),
  );
  const old = { createTime: '2025-12-01T00:00:00Z' } as Job;
  expect(windowStart([old], true, now)).toBe(now - 86_400_000);
});

const hour = 3_600_000;
const activity = {
  boardName: 'a/1',
  changes: [
    { time: '2025-12-31T00:00:00Z', state: 'IDLE', fault: '' },
    { time: '2026-01-01T06:00:00Z', state: 'FAULTY', fault: 'no answer' },
    { time: '2026-01-01T18:00:00Z', state: 'OFFLINE', fault: '' },
  ],
} as unknown as BoardActivity;

test('health fills the span without gaps; what lay before it is cut', () => {
  const from = now - 24 * hour;
  const health = healthOf(activity, from, now);
  expect(health.map((h) => [h.state, h.from - from, h.to - from])).toEqual([
    ['IDLE', 0, 6 * hour],
    ['FAULTY', 6 * hour, 18 * hour],
    ['OFFLINE', 18 * hour, 24 * hour],
  ]);
});

test('changes: newest first, without the state that a span began with', () => {
  const rows = changeRows([activity], now - 24 * hour);
  expect(rows.map((r) => [r.state, r.fault])).toEqual([
    ['OFFLINE', ''],
    ['FAULTY', 'no answer'],
  ]);
});

test('only spans that the server takes are asked for', () => {
  const of = (text: string) => hoursOf(new URLSearchParams(text));
  expect(of('hours=168')).toBe(168);
  expect(of('hours=9999999')).toBe(24);
  expect(of('')).toBe(24);
});
