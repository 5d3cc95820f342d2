// The lab as it is now: boards and unfinished jobs, kept by events.
import { useEffect, useState } from 'preact/hooks';
import { hasEnded } from './api';
import { followLab, type LinkState } from './stream';
import type { Board, Job, LabEvent, QueuePositions } from './types.gen';

export interface LabState {
  boards: Map<string, Board>;
  /** Unfinished jobs, and those that ended while the page was open. */
  jobs: Map<string, Job>;
}

export const emptyLab: LabState = { boards: new Map(), jobs: new Map() };

const MOST_ENDED = 20;

/** An older revision never replaces a newer one. */
export function applyEvent(state: LabState, event: LabEvent): LabState {
  if (event.board) {
    const boards = new Map(state.boards).set(event.board.name, event.board);
    return { ...state, boards };
  }
  if (event.queue) return { ...state, jobs: moved(state.jobs, event.queue) };
  if (!event.job) return state;
  const known = state.jobs.get(event.job.id);
  if (known && Number(known.revision) > Number(event.job.revision))
    return state;
  const jobs = new Map(state.jobs).set(event.job.id, event.job);
  const ended = [...jobs.values()].filter(hasEnded).sort(byNewest);
  for (const job of ended.slice(MOST_ENDED)) jobs.delete(job.id);
  return { ...state, jobs };
}

/** Positions change without the job changing: the server says them apart. */
function moved(
  jobs: ReadonlyMap<string, Job>,
  queue: QueuePositions,
): Map<string, Job> {
  const out = new Map(jobs);
  for (const { jobId, position, startEtaS } of queue.entries) {
    const job = out.get(jobId);
    if (!job || hasEnded(job)) continue;
    const { startEtaS: _old, ...rest } = job;
    out.set(jobId, {
      ...rest,
      queuePosition: position,
      ...(startEtaS === undefined ? {} : { startEtaS }),
    });
  }
  return out;
}

export const idNumber = (job: Job) => Number(job.id.replace(/^\D*/, ''));
export const byNewest = (a: Job, b: Job) => idNumber(b) - idNumber(a);

const stageOrder: Record<string, number> = {
  RUNNING: 0,
  FLASHING: 1,
  COMPILING: 2,
  QUEUED: 3,
};

/** What waits and what is worked on, nearest to its end first. */
export function queueOf(state: LabState): Job[] {
  return [...state.jobs.values()]
    .filter((job) => !hasEnded(job))
    .sort(
      (a, b) =>
        (stageOrder[a.state] ?? 9) - (stageOrder[b.state] ?? 9) ||
        (a.queuePosition || 1e9) - (b.queuePosition || 1e9) ||
        idNumber(a) - idNumber(b),
    );
}

/**
 * Events arrive in bursts (a job changes several times a second): they are
 * gathered and drawn once a frame. A new connection begins with everything, so
 * it starts from nothing.
 */
export function useLab(): { lab: LabState; link: LinkState } {
  const [lab, setLab] = useState(emptyLab);
  const [link, setLink] = useState<LinkState>('connecting');
  useEffect(() => {
    let pending: LabEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let fresh = false;
    const flush = () => {
      timer = undefined;
      const events = pending;
      pending = [];
      const restart = fresh;
      fresh = false;
      setLab((before) =>
        events.reduce(applyEvent, restart ? keepEnded(before) : before),
      );
    };
    const stop = followLab(
      (event) => {
        pending.push(event);
        timer ??= setTimeout(flush, 100);
      },
      (state) => {
        if (state === 'live') {
          fresh = true;
          // An idle lab without boards says nothing: still show that.
          timer ??= setTimeout(flush, 100);
        }
        setLink(state);
      },
    );
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return { lab, link };
}

function keepEnded(state: LabState): LabState {
  const jobs = new Map([...state.jobs].filter(([, job]) => hasEnded(job)));
  return { boards: new Map(), jobs };
}
