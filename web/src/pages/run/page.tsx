import {
  getBoard,
  getJob,
  getRun,
  getServerInfo,
  listBaselines,
  listRuns,
} from '../../api';
import { quote } from '../../filter';
import { hertz, shortHash, time } from '../../format';
import { useLoad } from '../../load';
import { withParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { BoardKind, Run } from '../../types.gen';
import { OriginTerm } from '../../ui/badge';
import { Copy } from '../../ui/copy';
import { LogView } from '../../ui/log_view';
import { Loaded } from '../../ui/state';
import { AccuracySection } from './accuracy_section';
import { Artifacts } from './artifacts';
import { repeatCommand } from './data';
import { EnvironmentSection, Stages } from './facts';
import { Headline } from './headline';
import { LayerSection } from './layer_section';
import { MemorySections } from './memory_section';
import { SampleSection } from './sample_section';

export default function RunPage({ params, id }: PageProps) {
  const load = useLoad(id, (signal) => getRun(id, signal));
  return (
    <>
      <h1>
        Run {id} {load.data && <OriginTerm origin={load.data.origin} />}{' '}
        {load.data && <BaselineMarks runId={load.data.id} />}
      </h1>
      <Loaded load={load} what={`run ${id}`}>
        {(run) => <RunView run={run} params={params} />}
      </Loaded>
    </>
  );
}

function BaselineMarks({ runId }: { runId: string }) {
  const load = useLoad('baselines', listBaselines);
  const mine = load.data?.baselines.filter((b) => b.runId === runId) ?? [];
  return (
    <>
      {mine.map((b) => (
        <span
          key={b.name}
          class="badge baseline"
          title={`The run that others are held against since ${time(b.createTime)}; retention never deletes it.`}
        >
          baseline {b.name}
        </span>
      ))}
    </>
  );
}

function RunView({ run, params }: { run: Run; params: URLSearchParams }) {
  // The kind is known to the server, whether such a board is there or not.
  const board = useLoad(run.boardId, (signal) => getBoard(run.boardId, signal));
  const kind = board.data?.kind;
  return (
    <>
      <Lead run={run} kind={kind} />
      {run.sourceServerId && <Imported run={run} />}
      <Headline run={run} kind={kind} />
      <SampleSection run={run} />
      <LayerSection run={run} params={params} />
      <MemorySections run={run} />
      <AccuracySection run={run} />
      <div class="two">
        <EnvironmentSection run={run} />
        <div>
          <Stages run={run} />
          <Artifacts run={run} />
        </div>
      </div>
      <Repeat run={run} />
      <section aria-labelledby="log">
        <h2 id="log">Log of the job</h2>
        <LogView jobId={run.jobId} ended />
      </section>
    </>
  );
}

function Lead({ run, kind }: { run: Run; kind: BoardKind | undefined }) {
  const none = new URLSearchParams();
  const pair = { model: run.modelName, board: run.boardId };
  return (
    <>
      <p class="lead">
        <a href={`/runs${withParams(none, { model: run.modelName })}`}>
          {run.modelName}
        </a>{' '}
        on{' '}
        <a href={`/runs${withParams(none, { board: run.boardId })}`}>
          {run.boardId}
        </a>
        {kind && ` (${kind.chip}, ${hertz(kind.clockHz)})`}, board{' '}
        {run.boardName}, {time(run.createTime)}, by {run.submitter || 'unknown'}
        , job <a href={`/jobs/${run.jobId}`}>{run.jobId}</a>.
      </p>
      <p class="actions">
        <a href={`/trends${withParams(none, { ...pair, metric: 'us_p50' })}`}>
          Trend
        </a>
        <RunBefore run={run} />
        <a href={`/runs${withParams(none, { ...pair, select: run.id })}`}>
          Compare with another run
        </a>
      </p>
    </>
  );
}

/** The one before of the same model, board kind and origin. */
function RunBefore({ run }: { run: Run }) {
  const filter = [
    `model_name = ${quote(run.modelName)}`,
    `board_id = ${quote(run.boardId)}`,
    `origin = ${run.origin}`,
    `create_time < ${quote(run.createTime ?? '')}`,
  ].join(' AND ');
  const load = useLoad(filter, (signal) =>
    listRuns({ filter, pageSize: 1 }, signal),
  );
  const before = load.data?.runs[0];
  return before ? (
    <a href={`/compare?runs=${before.id},${run.id}`}>
      Compare with the run before ({before.id})
    </a>
  ) : null;
}

function Imported({ run }: { run: Run }) {
  const info = useLoad('server', getServerInfo);
  const own = info.data?.serverId === run.sourceServerId;
  return (
    <p class="notice">
      Imported {own ? 'from this server itself' : `from another tinyrig server`}
      : there it is run {run.sourceRunId} of server{' '}
      <code title={run.sourceServerId}>{shortHash(run.sourceServerId)}</code>.
    </p>
  );
}

function Repeat({ run }: { run: Run }) {
  const job = useLoad(run.jobId, (signal) => getJob(run.jobId, signal));
  return (
    <section aria-labelledby="repeat">
      <h2 id="repeat">Repeat it</h2>
      <p>
        <Copy text={repeatCommand(run, job.data, window.location.origin)} />
      </p>
      <p class="quiet">
        Fetches the very model from this server and runs it again with the same
        options{run.datasetName && ` and dataset (${run.datasetName})`} on the
        same board; needs <code>TINYRIG_SERVER</code> where the server is not{' '}
        <code>127.0.0.1:7077</code>. Another board of the kind: leave out{' '}
        <code>--on</code>. The artifact above instead of the model runs exactly
        this image.
      </p>
    </section>
  );
}
