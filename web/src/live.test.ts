import { expect, test } from 'vitest';
import { applyEvent, emptyLab, queueOf } from './live';
import type { Board, Job, LabEvent } from './types.gen';

const job = (
  id: string,
  state: string,
  revision: number,
  queuePosition = 0,
): LabEvent => ({
  job: { id, state, revision: String(revision), queuePosition } as Job,
});
const after = (...events: LabEvent[]) => events.reduce(applyEvent, emptyLab);

test('a late event of an older revision changes nothing', () => {
  const lab = after(job('j-1', 'RUNNING', 10), job('j-1', 'QUEUED', 9));
  expect(lab.jobs.get('j-1')!.state).toBe('RUNNING');
});

test('the queue: running first, then by position; ended jobs are not in it', () => {
  const lab = after(
    job('j-3', 'QUEUED', 1, 2),
    job('j-10', 'QUEUED', 1, 1),
    job('j-2', 'RUNNING', 1),
    job('j-1', 'SUCCEEDED', 1),
    job('j-4', 'COMPILING', 1),
  );
  expect(queueOf(lab).map((j) => j.id)).toEqual(['j-2', 'j-4', 'j-10', 'j-3']);
});

test('ended jobs do not pile up in a tab that stays open', () => {
  const lab = after(
    ...Array.from({ length: 100 }, (_, i) => job(`j-${i}`, 'FAILED', 1)),
  );
  expect(lab.jobs.size).toBe(20);
  expect(lab.jobs.has('j-99')).toBe(true);
});

test('boards are known by name', () => {
  const board = (state: string) => ({ board: { name: 'a/b', state } as Board });
  expect(after(board('IDLE'), board('BUSY')).boards.get('a/b')!.state).toBe(
    'BUSY',
  );
});

test('positions move without the job changing; an ended job has none', () => {
  const moved: LabEvent = {
    queue: {
      entries: [
        { jobId: 'j-1', position: 1, startEtaS: 12 },
        { jobId: 'j-2', position: 7 },
        { jobId: 'j-404', position: 2 },
      ],
    },
  };
  const lab = after(
    job('j-1', 'QUEUED', 5, 3),
    job('j-2', 'SUCCEEDED', 5),
    moved,
  );
  expect(lab.jobs.get('j-1')).toMatchObject({
    queuePosition: 1,
    startEtaS: 12,
  });
  expect(lab.jobs.get('j-2')!.queuePosition).toBe(0);
  expect(lab.jobs.size).toBe(2);
});
