// What the Lab page makes of boards and recent jobs.
import type { Span } from '../../charts/timeline';
import { hasEnded } from '../../api';
import type { Board, Job } from '../../types.gen';

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
