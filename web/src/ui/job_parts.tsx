// Parts that the pages of jobs share.
import { useState } from 'preact/hooks';
import { cancelJob, hasEnded } from '../api';
import type { LinkState } from '../stream';
import { between, NONE, num, seconds } from '../format';
import type { Failure, Job } from '../types.gen';

export function JobProgress({ job }: { job: Job }) {
  const p = job.progress;
  if (hasEnded(job) || !p) return null;
  const total = num(p.total);
  const done = num(p.done);
  const share = total > 0 ? Math.min(1, done / total) : Number.NaN;
  return (
    <span class="progress">
      {Number.isFinite(share) ? (
        <progress max="1" value={share} aria-label={`${p.step} of ${job.id}`} />
      ) : null}
      <span class="quiet">
        {p.step}
        {total > 0 ? ` ${done}/${total}` : ''}
      </span>
    </span>
  );
}

/** Cancels; what the server says against it stands beside the button. */
export function CancelButton({ job }: { job: Job }) {
  const [state, setState] = useState<{ busy?: boolean; problem?: string }>({});
  if (hasEnded(job)) return null;
  const cancel = () => {
    setState({ busy: true });
    cancelJob(job.id).then(
      () => setState({}),
      (e: Error) => setState({ problem: e.message }),
    );
  };
  return (
    <>
      <button
        type="button"
        aria-label={`Cancel ${job.id}`}
        disabled={state.busy}
        onClick={cancel}
      >
        Cancel
      </button>
      {state.problem && (
        <span class="problem" role="alert">
          {' '}
          {state.problem}
        </span>
      )}
    </>
  );
}

/** When the server does not know, the page does not guess. */
export function eta(job: Job): string {
  if (hasEnded(job)) return NONE;
  if (job.state === 'QUEUED')
    return job.startEtaS === undefined
      ? NONE
      : `starts in ${about(job.startEtaS)}`;
  const s = job.progress?.etaS;
  return s === undefined || s < 0 ? NONE : about(s);
}

/** An estimate to the second: finer would claim too much. */
function about(s: number): string {
  return s < 1 ? '< 1 s' : seconds(Math.round(s));
}

/** The stages' durations so far; the queue stands apart. */
export function stageTimes(job: Job, now: number) {
  const end = job.endTime ?? new Date(now).toISOString();
  const compile_ms = job.compileStartTime
    ? between(
        job.compileStartTime,
        job.compileEndTime ?? (job.leaseTime ? job.leaseTime : end),
      )
    : 0;
  const board_ms = job.leaseTime ? between(job.leaseTime, end) : 0;
  const all_ms = between(job.createTime, end);
  return {
    queue_s: Math.max(0, (all_ms - compile_ms - board_ms) / 1000),
    compile_s: compile_ms / 1000,
    board_s: board_ms / 1000,
  };
}

interface Duty {
  /** Who has to act. */
  who: string;
  /** What the class means. */
  what: string;
}

const duties: Record<string, Duty> = {
  MODEL: {
    who: 'whoever owns the model',
    what: 'the model, the dataset or the request is wrong, unsupported or does not fit',
  },
  BOARD: {
    who: 'whoever looks after this board',
    what: 'it faulted, reset, failed to verify or did not answer',
  },
  LAB: {
    who: 'whoever runs the lab',
    what: 'an agent was lost, a disk is full or the toolchain is broken',
  },
  TIMEOUT: {
    who: 'whoever submitted it',
    what: 'a stage took longer than the job allows (queue time never counts): allow more, or make the job smaller',
  },
  CANCELLED_BY_USER: { who: 'nobody', what: 'somebody cancelled the job' },
  INTERNAL: {
    who: 'the authors of tinyrig',
    what: 'a bug: please report it with this page',
  },
};

const unknownDuty: Duty = { who: 'unknown', what: 'a class of a newer server' };

export const dutyOf = (failureClass: string) =>
  duties[failureClass] ?? unknownDuty;

/** Who has to act, as a badge with its meaning. */
export function FailureClass({ failure }: { failure: Failure }) {
  const name = failure.failureClass;
  return (
    <span class="badge state-failed" title={dutyOf(name).what}>
      {name === 'CANCELLED_BY_USER' ? 'CANCELLED' : name}
    </span>
  );
}

export function FailureBox({ failure }: { failure: Failure }) {
  const duty = dutyOf(failure.failureClass);
  const place = [
    failure.stage && `while ${failure.stage}`,
    failure.code && failure.code,
  ].filter(Boolean);
  return (
    <div class="error">
      <p>
        <FailureClass failure={failure} />{' '}
        <span class="quiet">{place.join(', ')}</span>
      </p>
      <p class="failure-text">{failure.message}</p>
      <p>
        To act: <strong>{duty.who}</strong>{' '}
        <span class="quiet">({duty.what})</span>
      </p>
      {failure.deviceFault && (
        <pre tabIndex={0} aria-label="Fault report of the board">
          {failure.deviceFault}
        </pre>
      )}
    </div>
  );
}

export function LinkMark({ link }: { link: LinkState }) {
  return (
    <span class={`link-mark ${link}`} role="status">
      {link === 'live' ? 'live' : 'connecting…'}
    </span>
  );
}
