import { expect, test } from 'vitest';
import type { Board, Job } from '../../types.gen';
import { dutyOf, eta } from '../../ui/job_parts';
import {
  fileProblem,
  kinds,
  makeNonce,
  requests,
  toFilter,
  valueColumns,
} from './data';

const board = (boardId: string, state: string, origin = 'EMULATED') =>
  ({ name: `a/${boardId}`, boardId, state, origin }) as Board;

test('kinds: present ones first, virtual only when all of a kind are', () => {
  const list = kinds([
    board('a', 'OFFLINE'),
    board('b', 'IDLE'),
    board('b', 'BUSY', 'MEASURED'),
  ]);
  expect(list.map((k) => [k.id, k.present, k.virtual])).toEqual([
    ['b', 2, false],
    ['a', 0, true],
  ]);
});

test('one request per board, each with its own id, the same on a second click', () => {
  const form = {
    modelSha256: 's',
    modelName: 'm.tflite',
    boards: ['a', 'b'],
    dataset: '',
    runs: 10,
    warmups: 0,
    priority: 0,
    optimize: 'speed',
    submitter: '',
  };
  const made = requests(form, 'n');
  expect(made.map((r) => r.requestId)).toEqual(['web-n-a', 'web-n-b']);
  expect(made[0]!.spec!.warmups).toBe(0);
  expect(requests(form, 'n')).toEqual(made);
  expect(makeNonce((b) => b.fill(10))).toBe('0a0a0a0a0a0a0a0a');
});

test('a wrong file is refused before it is sent', () => {
  expect(fileProblem('m.tflite', 10, 100)).toBe('');
  expect(fileProblem('m.onnx', 10, 100)).toMatch(/\.tflite/);
  expect(fileProblem('m.tflite', 0, 100)).toMatch(/empty/);
  expect(fileProblem('m.tflite', 101, 100)).toMatch(/at most 100/);
});

test('filter of the list', () => {
  expect(toFilter(new URLSearchParams('state=FAILED&board=x'))).toBe(
    'state=FAILED AND board_id=x',
  );
});

test('the queue is never part of what a job took', () => {
  const job = {
    id: 'j-1',
    state: 'SUCCEEDED',
    createTime: '2026-01-01T00:00:00Z',
    compileStartTime: '2026-01-01T00:00:10Z',
    compileEndTime: '2026-01-01T00:00:12Z',
    leaseTime: '2026-01-01T00:01:00Z',
    endTime: '2026-01-01T00:01:05Z',
  } as Job;
  const at = (key: string) =>
    valueColumns(0)
      .find((c) => c.key === key)!
      .value(job);
  expect(at('queue_s')).toBe(58);
  expect(at('work_s')).toBe(7);
});

test('ETA: a waiting job counts to its start, a running one to its end', () => {
  expect(eta({ state: 'QUEUED', startEtaS: 90 } as Job)).toBe(
    'starts in 1 min 30 s',
  );
  expect(eta({ state: 'QUEUED' } as Job)).toBe('–');
  expect(eta({ state: 'RUNNING', progress: { etaS: 0.3 } } as Job)).toBe(
    '< 1 s',
  );
  expect(eta({ state: 'FAILED', progress: { etaS: 3 } } as Job)).toBe('–');
});

test('each failure class says who has to act', () => {
  for (const name of ['MODEL', 'BOARD', 'LAB', 'TIMEOUT', 'INTERNAL'])
    expect(dutyOf(name).who).not.toBe('unknown');
  expect(dutyOf('NEW_CLASS').who).toBe('unknown');
});
