// What the Lab page makes of boards and recent jobs.
import type { Span } from '../../charts/timeline';
import { hasEnded } from '../../api';
import type { Health } from '../../charts/activity';
import type { Board, BoardActivity, BoardState, Job } from '../../types.gen';

export interface Agent {
  id: string;
  boards: Board[];
  online: boolean;
}

export function agents(boards: readonly Board[]): Agent[] {
  const out = new Map<string, Board[]>();
  for (const board of boards) {
    const id = board.agentId || board.name.split('/')[0]!;
    out.set(id, [...(out.get(id) ?? []), board]);
  }
  return [...out]
    .map(([id, list]) => ({
      id,
      boards: list.sort((a, b) => a.name.localeCompare(b.name)),
      online: list.some((b) => b.state !== 'OFFLINE'),
    }))
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** When each board was held by a job, by board name. */
export function busySpans(
  jobs: readonly Job[],
  now: number,
): Map<string, Span[]> {
  const out = new Map<string, Span[]>();
  for (const job of jobs) {
    if (!job.boardName || !job.leaseTime) continue;
    const ended = hasEnded(job);
    const span: Span = {
      id: job.id,
      from: Date.parse(job.leaseTime),
      to: ended ? Date.parse(job.endTime ?? job.leaseTime) : now,
      tone: !ended ? 'now' : job.state === 'SUCCEEDED' ? 'ok' : 'failed',
      label: `${job.id} ${job.spec?.modelName ?? ''}: ${job.failure?.failureClass ?? job.state}`,
    };
    out.set(job.boardName, [...(out.get(job.boardName) ?? []), span]);
  }
  return out;
}

/** The jobs seen reach this far back; at most a day. */
export function windowStart(
  jobs: readonly Job[],
  complete: boolean,
  now: number,
): number {
  const day = now - 86_400_000;
  const times = jobs
    .map((j) => Date.parse(j.createTime ?? ''))
    .filter(Number.isFinite);
  if (times.length === 0) return now - 3_600_000;
  // All jobs seen: the first of them is where history begins.
  const oldest = Math.min(...times);
  return Math.max(day, complete ? Math.min(oldest, now - 600_000) : oldest);
}

/** Spans that can be looked at, hours. */
export const spansOffered = [1, 6, 24, 168, 720] as const;

export const spanName = (hours: number) =>
  hours < 48 ? `${hours} h` : `${hours / 24} d`;

/** `hours` of the URL; a day unless it is one of those offered. */
export function hoursOf(params: URLSearchParams): number {
  const wanted = Number(params.get('hours'));
  return spansOffered.find((h) => h === wanted) ?? 24;
}

/** Changes of state as stretches that fill [from, to] without overlap. */
export function healthOf(
  activity: BoardActivity,
  from: number,
  to: number,
): Health[] {
  const at = activity.changes.map((c) =>
    Math.min(to, Math.max(from, Date.parse(c.time ?? '') || from)),
  );
  return activity.changes
    .map((c, i) => ({
      from: at[i]!,
      to: at[i + 1] ?? to,
      state: c.state,
      fault: c.fault,
    }))
    .filter((h) => h.to > h.from && h.state !== 'STATE_UNSPECIFIED');
}

export interface ChangeRow {
  time: string;
  board: string;
  state: BoardState;
  fault: string;
}

/** What happened to boards, newest first; their states at the begin are none. */
export function changeRows(
  boards: readonly BoardActivity[],
  from: number,
): ChangeRow[] {
  return boards
    .flatMap((b) =>
      b.changes.map((c) => ({
        time: c.time ?? '',
        board: b.boardName,
        state: c.state,
        fault: c.fault,
      })),
    )
    .filter((c) => Date.parse(c.time) > from)
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}
