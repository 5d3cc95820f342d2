// What boards did and how they were: from the server's board history; from the
// newest jobs where the server has none.
import { getBoardHistory, listJobs } from '../../api';
import { Activity } from '../../charts/activity';
import { busyShare, type Span, Timeline } from '../../charts/timeline';
import { num, percent, plural, time } from '../../format';
import { useLoad } from '../../load';
import { setParams } from '../../router';
import type { Board, BoardActivity, Job } from '../../types.gen';
import { StateBadge } from '../../ui/badge';
import { ExportButton } from '../../ui/export';
import { type Column, DataTable } from '../../ui/table';
import {
  type Agent,
  busySpans,
  type ChangeRow,
  changeRows,
  healthOf,
  spanName,
  spansOffered,
  windowStart,
} from './data';

const JOBS_SEEN = 200;
const BUCKETS = 96;
const REFRESH_MS = 30_000;

export interface History {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  activities: Map<string, BoardActivity>;
  /** Jobs on boards; only where there are no activities. */
  spans: Map<string, Span[]>;
}

export function useHistory(
  hours: number,
  live: readonly Job[],
  now: number,
): History {
  const tick = Math.floor(now / REFRESH_MS);
  const kept = useLoad(`${hours} ${tick}`, (signal) =>
    getBoardHistory({ hours, bucketCount: BUCKETS }, signal),
  );
  const lacking = !!kept.error;
  const recent = useLoad(`recent ${lacking}`, (signal) =>
    lacking
      ? listJobs({ pageSize: JOBS_SEEN }, signal)
      : Promise.resolve(undefined),
  );
  if (kept.data) {
    return {
      from: Date.parse(kept.data.beginTime ?? ''),
      to: Date.parse(kept.data.endTime ?? ''),
      activities: new Map(kept.data.boards.map((b) => [b.boardName, b])),
      spans: new Map(),
    };
  }
  const known = new Map(recent.data?.jobs.map((j) => [j.id, j]));
  for (const job of live) known.set(job.id, job);
  const jobs = [...known.values()];
  const from = windowStart(jobs, recent.data?.nextPageToken === '', now);
  return {
    from,
    to: now,
    activities: new Map(),
    spans: busySpans(jobs, now),
  };
}

/** Share of the span, 0..1, in which a job held the board. */
export function utilisation(history: History, board: string): number {
  return (
    history.activities.get(board)?.utilisation ??
    busyShare(history.spans.get(board) ?? [], history.from, history.to)
  );
}

const iso = (at_ms: number) => new Date(at_ms).toISOString();

export function HistorySection({
  agents,
  history,
  hours,
}: {
  agents: readonly Agent[];
  history: History;
  hours: number;
}) {
  const kept = history.activities.size > 0;
  return (
    <>
      <section aria-label="Utilisation and health">
        <div class="section-head">
          <h2>Utilisation and health</h2>
          <div class="tools">
            {kept && <SpanChoice hours={hours} />}
            <ExportButton
              sheet={() => (kept ? busySheet(history) : jobSheet(history))}
            />
          </div>
        </div>
        {kept ? (
          <ActivityKey history={history} />
        ) : (
          <JobKey history={history} />
        )}
        <div class="panel flat">
          {agents.map((agent) => (
            <div key={agent.id} class="agent">
              <h3>
                {agent.id}{' '}
                <StateBadge state={agent.online ? 'ATTACHED' : 'AWAY'} />
              </h3>
              {agent.boards.map((board) => (
                <Strip key={board.name} board={board} history={history} />
              ))}
            </div>
          ))}
          <p class="strip ends" aria-hidden="true">
            <span />
            <span class="between">
              <span>
                {kept ? `${spanName(hours)} ago` : time(iso(history.from))}
              </span>
              <span>now</span>
            </span>
            <span />
          </p>
        </div>
      </section>
      {kept && <Changes history={history} />}
    </>
  );
}

function SpanChoice({ hours }: { hours: number }) {
  return (
    <label class="date">
      the last{' '}
      <select
        value={String(hours)}
        onChange={(event) =>
          setParams({ hours: event.currentTarget.value }, { replace: true })
        }
      >
        {spansOffered.map((h) => (
          <option key={h} value={String(h)}>
            {spanName(h)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ActivityKey({ history }: { history: History }) {
  const bucket_ms = (history.to - history.from) / BUCKETS;
  return (
    <p class="quiet">
      Columns: share of each {spanOf(bucket_ms)} in which a job held the board.
      Band: <span class="key ok">in service</span>{' '}
      <span class="key failed">faulty</span>{' '}
      <span class="key disabled">disabled</span>{' '}
      <span class="key offline">offline</span>, blank where nothing was
      recorded.
    </p>
  );
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return ms < 90_000
    ? `${Math.round(ms / 1000)} s`
    : minutes < 120
      ? `${minutes} min`
      : `${Math.round(minutes / 60)} h`;
}

function JobKey({ history }: { history: History }) {
  return (
    <p class="quiet">
      Since {time(iso(history.from))}, each box is a job on a board:{' '}
      <span class="key ok">succeeded</span>{' '}
      <span class="key failed">failed or cancelled</span>{' '}
      <span class="key now">running</span>
    </p>
  );
}

function Strip({ board, history }: { board: Board; history: History }) {
  const activity = history.activities.get(board.name);
  const busy = percent(utilisation(history, board.name), 1);
  if (activity) {
    const failed = num(activity.failedLeaseCount);
    const jobs = plural(num(activity.finishedLeaseCount), 'job');
    const text = `${busy} busy, ${jobs}${failed > 0 ? `, ${failed} failed` : ''}`;
    return (
      <div class="strip">
        <span class="strip-name">{board.name}</span>
        <Activity
          busyShare={activity.busyShare}
          health={healthOf(activity, history.from, history.to)}
          from={history.from}
          to={history.to}
          label={`${board.name}: ${text}`}
        />
        <span class="quiet">{text}</span>
      </div>
    );
  }
  const spans = (history.spans.get(board.name) ?? []).filter(
    (s) => s.to >= history.from,
  );
  const failed = spans.filter((s) => s.tone === 'failed').length;
  return (
    <div class="strip">
      <span class="strip-name">{board.name}</span>
      <Timeline
        spans={spans}
        from={history.from}
        to={history.to}
        label={`${board.name}: ${spans.length} jobs, ${failed} failed, busy ${busy}`}
      />
      <span class="quiet">
        {busy} busy, {plural(spans.length, 'job')}
        {failed > 0 ? `, ${failed} failed` : ''}
      </span>
    </div>
  );
}

const columns: Column<ChangeRow>[] = [
  {
    key: 'time',
    title: 'time',
    value: (r) => r.time,
    show: (r) => time(r.time),
  },
  { key: 'board', title: 'board', value: (r) => r.board },
  {
    key: 'state',
    title: 'became',
    value: (r) => r.state,
    show: (r) => <StateBadge state={r.state} />,
  },
  {
    key: 'fault',
    title: 'why',
    value: (r) => r.fault,
    className: 'wrap',
    show: (r) => r.fault || '–',
  },
];

function Changes({ history }: { history: History }) {
  const rows = changeRows([...history.activities.values()], history.from);
  if (rows.length === 0)
    return <p class="quiet">No board changed its state in this time.</p>;
  return (
    <section aria-label="Changes of state">
      <h2>Changes of state</h2>
      <DataTable
        tall
        name="board-changes"
        columns={columns}
        rows={rows}
        rowKey={(r) => `${r.board} ${r.time} ${r.state}`}
        caption={`${plural(rows.length, 'change')}, newest first`}
      />
    </section>
  );
}

function busySheet(history: History) {
  const step = (history.to - history.from) / BUCKETS;
  return {
    name: 'board-utilisation',
    columns: ['board', 'from', 'to', 'busy_share'],
    rows: [...history.activities.values()].flatMap((a) =>
      a.busyShare.map((share, i) => [
        a.boardName,
        iso(history.from + i * step),
        iso(history.from + (i + 1) * step),
        share,
      ]),
    ),
  };
}

function jobSheet(history: History) {
  return {
    name: 'board-history',
    columns: ['board', 'job', 'from', 'to', 'outcome'],
    rows: [...history.spans].flatMap(([board, spans]) =>
      spans
        .filter((s) => s.to >= history.from)
        .map((s) => [board, s.id, iso(s.from), iso(s.to), s.tone]),
    ),
  };
}
