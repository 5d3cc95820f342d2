import { useEffect, useState } from 'preact/hooks';
import { blobUrl, getJob, hasEnded } from '../../api';
import { followJob, type LinkState } from '../../stream';
import { seconds, shortHash, time } from '../../format';
import { useNow } from '../../now';
import { useLoad } from '../../load';
import type { PageProps } from '../../page_props';
import type { Job } from '../../types.gen';
import { StateBadge } from '../../ui/badge';
import { Copy } from '../../ui/copy';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import {
  CancelButton,
  eta,
  FailureBox,
  JobProgress,
  LinkMark,
  stageTimes,
} from '../../ui/job_parts';
import { LogView } from '../../ui/log_view';
import { Loaded } from '../../ui/state';
import { Term } from '../../ui/term';

export default function JobPage({ id }: PageProps) {
  const load = useLoad(id, (signal) => getJob(id, signal));
  const [link, setLink] = useState<LinkState>('connecting');
  const job = load.data;
  const follows = !!job && !hasEnded(job);
  useEffect(
    () => (follows ? followJob(id, load.set, setLink) : undefined),
    [id, follows],
  );
  return (
    <>
      <h1>
        Job {id} {job && <StateBadge state={job.state} />}{' '}
        {follows && <LinkMark link={link} />}
      </h1>
      <Loaded load={load} what={`job ${id}`}>
        {(data) => <JobView job={data} />}
      </Loaded>
    </>
  );
}

function JobView({ job }: { job: Job }) {
  const version = useThrottled(
    hasEnded(job) ? `${job.state} end` : job.revision,
    1000,
  );
  return (
    <>
      <p class="lead">
        {job.spec?.modelName || 'a model'} on {job.spec?.boardId}
        {job.spec?.dataset ? ` with ${job.spec.dataset}` : ''}, by{' '}
        {job.spec?.submitter || 'unknown'}, submitted {time(job.createTime)}.
      </p>
      <Steps job={job} />
      {!hasEnded(job) && (
        <p class="now-row">
          <JobProgress job={job} />{' '}
          {job.queuePosition > 0 && (
            <span>position {job.queuePosition} in the queue</span>
          )}{' '}
          {eta(job) !== '–' && <span>about {eta(job)} left</span>}{' '}
          <CancelButton job={job} />
        </p>
      )}
      {job.failure && job.state !== 'SUCCEEDED' && (
        <FailureBox failure={job.failure} />
      )}
      {job.runId && (
        <p>
          <a class="primary button" href={`/runs/${job.runId}`}>
            See the result: {job.runId}
          </a>
        </p>
      )}
      <Facts job={job} />
      <section aria-labelledby="log">
        <h2 id="log">Log</h2>
        <LogView jobId={job.id} version={version} ended={hasEnded(job)} />
      </section>
    </>
  );
}

const path = ['QUEUED', 'COMPILING', 'FLASHING', 'RUNNING', 'SUCCEEDED'];

/** Where the job is on its way. Where a failed one stopped, its failure says. */
export function stepStates(
  job: Job,
): { name: string; state: 'done' | 'now' | 'stopped' | 'todo' }[] {
  const ended = job.state === 'FAILED' || job.state === 'CANCELLED';
  const stage: Record<string, string> = {
    compiling: 'COMPILING',
    flashing: 'FLASHING',
    running: 'RUNNING',
  };
  const at = path.indexOf(
    ended
      ? (stage[job.failure?.stage ?? ''] ??
          (job.leaseTime
            ? 'RUNNING'
            : job.compileStartTime
              ? 'COMPILING'
              : 'QUEUED'))
      : job.state,
  );
  return path.map((name, i) => ({
    name,
    state:
      i < at || job.state === 'SUCCEEDED'
        ? 'done'
        : i > at
          ? 'todo'
          : ended
            ? 'stopped'
            : 'now',
  }));
}

function Steps({ job }: { job: Job }) {
  const words = {
    done: 'done',
    now: 'now',
    stopped: 'stopped here',
    todo: 'to do',
  };
  return (
    <ol class="steps" aria-label="Stages">
      {stepStates(job).map((step) => (
        <li
          key={step.name}
          class={step.state}
          {...(step.state === 'now' ? { 'aria-current': 'step' as const } : {})}
        >
          {step.name.toLowerCase()}
          <span class="visually-hidden"> ({words[step.state]})</span>
        </li>
      ))}
    </ol>
  );
}

function Facts({ job }: { job: Job }) {
  const now = useNow();
  const t = stageTimes(job, now);
  const rows: [string, string | undefined, string?][] = [
    ['queue', seconds(t.queue_s), definitions.queue],
    [
      'compile',
      job.compileCached ? 'from the cache' : seconds(t.compile_s),
      definitions.compile,
    ],
    ['on the board', seconds(t.board_s), definitions.board],
    ['board', job.boardName],
    ['agent', job.agentId],
    ['attempt', job.attempt > 0 ? String(job.attempt) : ''],
    ['recorded inferences', String(job.spec?.runs || 10)],
    ['warm-ups', String(job.spec?.warmups ?? 3)],
    ['priority', String(job.spec?.priority ?? 0)],
    ['ended', job.endTime ? time(job.endTime) : ''],
    ['request', job.requestId],
  ];
  return (
    <section aria-labelledby="facts">
      <div class="section-head">
        <h2 id="facts">Facts</h2>
        <ExportButton
          sheet={() => ({
            name: `${job.id}-facts`,
            columns: ['field', 'value'],
            rows: rows.map(([n, v]) => [n, v]),
          })}
        />
      </div>
      <table class="facts">
        <tbody>
          {rows.map(([name, value, help]) => (
            <tr key={name}>
              <th scope="row">
                {help ? <Term help={help}>{name}</Term> : name}
              </th>
              <td>{value || '–'}</td>
            </tr>
          ))}
          {job.spec && (
            <tr>
              <th scope="row">model</th>
              <td>
                <Copy text={job.spec.modelSha256} />
              </td>
            </tr>
          )}
          {job.artifactSha256 && (
            <tr>
              <th scope="row">artifact</th>
              <td>
                <a
                  download={`${job.id}.tinyrig`}
                  href={blobUrl(job.artifactSha256, `${job.id}.tinyrig`)}
                >
                  {shortHash(job.artifactSha256)}
                </a>
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

/** A value that changes at most once a period: the log is not read faster. */
function useThrottled(value: string, period_ms: number): string {
  const [shown, setShown] = useState(value);
  const [last, setLast] = useState(0);
  useEffect(() => {
    if (value === shown) return undefined;
    const timer = setTimeout(
      () => {
        setShown(value);
        setLast(Date.now());
      },
      Math.max(0, last + period_ms - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [value, shown, last]);
  return shown;
}
