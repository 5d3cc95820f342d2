import { listJobs } from '../../api';
import { ago, plural, seconds, time } from '../../format';
import { queueOf, useLab, useNow } from '../../live';
import { useLoad } from '../../load';
import { setParams } from '../../router';
import type { PageProps } from '../../routes';
import type { Job } from '../../types.gen';
import { StateBadge } from '../../ui/badge';
import {
  CancelButton,
  eta,
  JobProgress,
  LinkMark,
  stageTimes,
} from '../../ui/job_parts';
import { Pager } from '../../ui/pager';
import { Empty, Loaded } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { states, toFilter, valueColumns } from './data';
import { SubmitPanel } from './submit_panel';

export default function JobsPage({ params }: PageProps) {
  const { lab, link } = useLab();
  const now = useNow();
  const queue = queueOf(lab);
  const boards = [...lab.boards.values()];
  const open = params.get('submit') === '1';
  return (
    <>
      <div class="section-head">
        <h1>
          Jobs <LinkMark link={link} />
        </h1>
        <button
          type="button"
          class="primary"
          aria-expanded={open}
          onClick={() => setParams({ submit: open ? '' : '1' })}
        >
          {open ? 'Close' : 'Submit a model'}
        </button>
      </div>
      {open && <SubmitPanel />}
      <section aria-label="Queue">
        <h2>Now</h2>
        {queue.length === 0 ? (
          <Empty
            title={
              link === 'live'
                ? 'Nothing waits and nothing runs.'
                : 'Connecting to the lab…'
            }
          >
            {boards.length > 0 && (
              <p class="quiet">
                {boards.filter((b) => b.state === 'IDLE').length} of{' '}
                {boards.length} boards are idle.
              </p>
            )}
          </Empty>
        ) : (
          <QueueTable jobs={queue} now={now} />
        )}
      </section>
      <AllJobs params={params} now={now} live={lab.jobs} />
    </>
  );
}

const looks = (now: number): Record<string, Partial<Column<Job>>> => ({
  job: { title: 'job', show: (j) => <a href={`/jobs/${j.id}`}>{j.id}</a> },
  state: { title: 'state', show: (j) => <StateBadge state={j.state} /> },
  queue_position: {
    title: 'position',
    number: true,
    show: (j) => j.queuePosition || '–',
  },
  model_name: { title: 'model', className: 'name' },
  board_id: { title: 'board' },
  dataset: { title: 'dataset', show: (j) => j.spec?.dataset || '–' },
  board_name: { title: 'holder', show: (j) => j.boardName || '–' },
  step: { title: 'stage and progress', show: (j) => <JobProgress job={j} /> },
  eta_s: { title: 'ETA', number: true, show: (j) => eta(j) },
  create_time: {
    title: 'submitted',
    show: (j) => (
      <span title={time(j.createTime)}>{ago(j.createTime, now)}</span>
    ),
  },
  end_time: {
    title: 'took',
    number: true,
    show: (j) => <Took job={j} now={now} />,
  },
  failure_class: {
    title: 'failure',
    show: (j) =>
      j.failure ? (
        <span title={j.failure.message}>{j.failure.failureClass}</span>
      ) : (
        '–'
      ),
  },
  run: {
    title: 'run',
    show: (j) => (j.runId ? <a href={`/runs/${j.runId}`}>{j.runId}</a> : '–'),
  },
  submitter: { title: 'submitter', show: (j) => j.spec?.submitter || '–' },
});

function Took({ job, now }: { job: Job; now: number }) {
  const t = stageTimes(job, now);
  return (
    <span
      title={`queue ${seconds(t.queue_s)}, compile ${seconds(t.compile_s)}, board ${seconds(t.board_s)}`}
    >
      {seconds(t.compile_s + t.board_s)}
    </span>
  );
}

function columnsOf(keys: readonly string[], now: number): Column<Job>[] {
  const all = looks(now);
  return keys.map((key) => ({
    title: key,
    ...valueColumns.find((c) => c.key === key)!,
    ...all[key],
  }));
}

function QueueTable({ jobs, now }: { jobs: Job[]; now: number }) {
  const columns = [
    ...columnsOf(
      [
        'job',
        'state',
        'queue_position',
        'model_name',
        'board_id',
        'board_name',
        'step',
        'eta_s',
        'create_time',
        'submitter',
      ],
      now,
    ),
    {
      key: '_cancel',
      title: <span class="visually-hidden">cancel</span>,
      value: () => '',
      show: (j: Job) => <CancelButton job={j} />,
    },
  ];
  return (
    <DataTable
      name="queue"
      columns={columns}
      rows={jobs}
      rowKey={(j) => j.id}
      caption={
        jobs.length === 1
          ? '1 job waits or runs'
          : `${jobs.length} jobs wait or run`
      }
    />
  );
}

function AllJobs({
  params,
  now,
  live,
}: {
  params: URLSearchParams;
  now: number;
  live: ReadonlyMap<string, Job>;
}) {
  const filter = toFilter(params);
  const pageToken = params.get('pageToken') ?? '';
  const load = useLoad(`${filter}\n${pageToken}\n${live.size}`, (signal) =>
    listJobs({ filter, pageToken, pageSize: 25 }, signal),
  );
  const change = (key: string) => (event: Event) =>
    setParams({
      [key]: (event.currentTarget as HTMLInputElement).value.trim(),
      pageToken: undefined,
    });
  return (
    <section aria-label="All jobs">
      <h2>All jobs</h2>
      <div class="filters">
        <label>
          state{' '}
          <select value={params.get('state') ?? ''} onChange={change('state')}>
            {['', ...states].map((s) => (
              <option key={s} value={s}>
                {s || 'any'}
              </option>
            ))}
          </select>
        </label>
        {['board', 'model', 'submitter'].map((key) => (
          <label key={key}>
            {key}{' '}
            <input
              type="search"
              placeholder="any"
              spellcheck={false}
              value={params.get(key) ?? ''}
              onChange={change(key)}
            />
          </label>
        ))}
      </div>
      <Loaded load={load} what="jobs">
        {(page) =>
          page.jobs.length === 0 ? (
            <Empty
              title={filter ? 'No job passes this filter.' : 'No job yet.'}
            >
              {filter && <a href="/jobs">Show all jobs</a>}
            </Empty>
          ) : (
            <>
              <DataTable
                name="jobs"
                rowKey={(j) => j.id}
                rows={page.jobs.map((j) => live.get(j.id) ?? j)}
                caption={`${plural(page.jobs.length, 'job')} on this page, newest first`}
                columns={columnsOf(
                  [
                    'job',
                    'state',
                    'model_name',
                    'board_id',
                    'dataset',
                    'board_name',
                    'create_time',
                    'end_time',
                    'failure_class',
                    'run',
                    'submitter',
                  ],
                  now,
                )}
              />
              <Pager token={pageToken} next={page.nextPageToken} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}
