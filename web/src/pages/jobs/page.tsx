import { listJobs } from '../../api';
import { ago, count, NONE, plural, seconds, time } from '../../format';
import { queueOf, useLab } from '../../live';
import { useNow } from '../../now';
import { setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Job } from '../../types.gen';
import { StateBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import { ExportAll } from '../../ui/export_all';
import {
  CancelButton,
  eta,
  FailureClass,
  JobProgress,
  LinkMark,
  stageTimes,
} from '../../ui/job_parts';
import {
  ListSection,
  listSort,
  quickFilter,
  SelectFilter,
} from '../../ui/list_section';
import { Empty } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { filterExamples, states, toFilter, valueColumns } from './data';
import { SubmitPanel } from './submit_panel';

const PAGE_SIZE = 25;

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
    help: 'Place among the jobs that wait for the same kind of board; 1 is next.',
    show: (j) => j.queuePosition || '–',
  },
  model_name: {
    title: 'model',
    className: 'name',
    show: (j) => (
      <>
        <span title={j.spec?.modelName}>{j.spec?.modelName}</span>
        <span class="sub">by {j.spec?.submitter || 'unknown'}</span>
      </>
    ),
  },
  board_id: { title: 'board' },
  dataset: {
    title: 'dataset',
    className: 'name',
    show: (j) => <span title={j.spec?.dataset}>{j.spec?.dataset || '–'}</span>,
  },
  board_name: {
    title: 'holder',
    help: 'The board that holds or held the job, by its name in the lab.',
    show: (j) => j.boardName || '–',
  },
  step: { title: 'stage and progress', show: (j) => <JobProgress job={j} /> },
  eta_s: {
    title: 'ETA',
    number: true,
    help: 'Until the job ends; for one that waits, until a board is expected to take it. A dash: nothing to go by yet.',
    show: (j) => eta(j),
  },
  queue_s: {
    title: 'waited',
    number: true,
    help: definitions.queue,
    show: (j) => seconds(stageTimes(j, now).queue_s),
  },
  work_s: {
    title: 'took',
    number: true,
    help: 'Compiling and the time on the board, without the queue.',
    show: (j) => <Took job={j} now={now} />,
  },
  create_time: {
    title: 'submitted',
    sort: true,
    show: (j) => (
      <span title={time(j.createTime)}>{ago(j.createTime, now)}</span>
    ),
  },
  end_time: {
    title: 'ended',
    sort: true,
    show: (j) => <span title={time(j.endTime)}>{ago(j.endTime, now)}</span>,
  },
  failure_class: { hidden: true },
  run: {
    title: 'result',
    show: (j) =>
      j.runId ? (
        <a href={`/runs/${j.runId}`}>{j.runId}</a>
      ) : j.failure && j.state === 'FAILED' ? (
        <a class="plain" href={`/jobs/${j.id}`} title={j.failure.message}>
          <FailureClass failure={j.failure} />
        </a>
      ) : (
        '–'
      ),
  },
});

function Took({ job, now }: { job: Job; now: number }) {
  const t = stageTimes(job, now);
  return (
    <span
      title={`compile ${job.compileCached ? 'from the cache' : seconds(t.compile_s)}, board ${seconds(t.board_s)}`}
    >
      {job.compileStartTime || job.leaseTime
        ? seconds(t.compile_s + t.board_s)
        : NONE}
    </span>
  );
}

function columnsOf(
  keys: readonly string[],
  hidden: readonly string[],
  now: number,
): Column<Job>[] {
  const values = valueColumns(now);
  const all = looks(now);
  return [...keys, ...hidden].map((key) => ({
    title: key,
    ...values.find((c) => c.key === key)!,
    ...all[key],
    ...(hidden.includes(key) ? { hidden: true } : {}),
  }));
}

/** Who holds it, and the kind of board that it holds or waits for. */
const holder = (job: Job) => (
  <>
    {job.boardName || 'nobody yet'}
    <span class="sub">{job.spec?.boardId}</span>
  </>
);

function QueueTable({ jobs, now }: { jobs: Job[]; now: number }) {
  const columns: Column<Job>[] = [
    ...columnsOf(
      [
        'job',
        'state',
        'queue_position',
        'model_name',
        'board_name',
        'step',
        'eta_s',
        'queue_s',
      ],
      ['board_id', 'done', 'total', 'start_eta_s', 'create_time', 'submitter'],
      now,
    ).map((c) => (c.key === 'board_name' ? { ...c, show: holder } : c)),
    {
      key: '_cancel',
      title: <span class="visually-hidden">cancel</span>,
      value: () => '',
      show: (j: Job) => <CancelButton job={j} />,
    },
  ];
  const waiting = jobs.filter((j) => j.state === 'QUEUED').length;
  return (
    <DataTable
      name="queue"
      columns={columns}
      rows={jobs}
      rowKey={(j) => j.id}
      caption={
        <span role="status">
          {plural(jobs.length - waiting, 'job')} in work, {count(waiting)}{' '}
          waiting
        </span>
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
  return (
    <section aria-label="All jobs">
      <h2>All jobs</h2>
      <ListSection
        what="jobs"
        params={params}
        filter={toFilter(params)}
        examples={filterExamples}
        pageSize={PAGE_SIZE}
        list={listJobs}
        stamp={live.size}
        filters={() => <QuickFilters params={params} />}
      >
        {(page) => (
          <JobTable
            jobs={page.jobs.map((j) => live.get(j.id) ?? j)}
            params={params}
            now={now}
          />
        )}
      </ListSection>
    </section>
  );
}

function QuickFilters({ params }: { params: URLSearchParams }) {
  return (
    <div class="filters">
      <SelectFilter name="state" values={states} params={params} />
      {['board', 'model', 'submitter'].map((key) => (
        <label key={key}>
          {key}{' '}
          <input
            type="search"
            placeholder="any"
            spellcheck={false}
            value={params.get(key) ?? ''}
            onChange={quickFilter(key)}
          />
        </label>
      ))}
    </div>
  );
}

function NoJobs({ filter }: { filter: string }) {
  return (
    <Empty title={filter ? 'No job passes this filter.' : 'No job yet.'}>
      {filter ? (
        <a href="/jobs">Show all jobs</a>
      ) : (
        <a href="/jobs?submit=1">Submit a model</a>
      )}
    </Empty>
  );
}

const listed = [
  'job',
  'state',
  'model_name',
  'board_id',
  'dataset',
  'board_name',
  'create_time',
  'end_time',
  'queue_s',
  'work_s',
  'run',
];

function JobTable({
  jobs,
  params,
  now,
}: {
  jobs: Job[];
  params: URLSearchParams;
  now: number;
}) {
  const filter = toFilter(params);
  if (jobs.length === 0) return <NoJobs filter={filter} />;
  return (
    <DataTable
      name="jobs"
      rowKey={(j) => j.id}
      rows={jobs}
      columns={columnsOf(listed, ['failure_class', 'submitter'], now)}
      caption={`${plural(jobs.length, 'job')} on this page`}
      {...listSort(params)}
      tools={<ExportAll tables={['jobs']} filter={filter} />}
    />
  );
}
