import { expect, test } from 'vitest';
import type { Board, Job } from '../../types.gen';
import { busyShare } from '../../charts/timeline';
import { agents, busySpans, windowStart } from './data';

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
