// Parts that the pages of jobs share.
import { useState } from 'preact/hooks';
import { cancelJob, hasEnded, type LinkState } from '../api';
import { between, num, seconds } from '../format';
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
  const s = job.progress?.etaS;
  return hasEnded(job) || s === undefined || s < 0 ? '–' : seconds(s);
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

const whoActs: Record<string, string> = {
  MODEL: 'the model or the request is wrong, unsupported or does not fit',
  BOARD: 'the board misbehaved: fault, reset, verify error or no answer',
  LAB: 'the lab misbehaved: agent lost, disk full or toolchain broken',
  TIMEOUT: 'a stage took longer than its deadline (queue time never counts)',
  CANCELLED_BY_USER: 'somebody cancelled the job',
  INTERNAL: 'a bug of tinyrig: please report it with this page',
};

export function FailureBox({ failure }: { failure: Failure }) {
  return (
    <div class="error">
      <p>
        <span class="badge state-failed">{failure.failureClass}</span>{' '}
        <span class="quiet">
          {whoActs[failure.failureClass] ?? 'class unknown'}
          {failure.stage ? `, while ${failure.stage}` : ''}
          {failure.code ? ` (${failure.code})` : ''}
        </span>
      </p>
      <p class="failure-text">{failure.message}</p>
      {failure.deviceFault && <pre tabIndex={0}>{failure.deviceFault}</pre>}
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
