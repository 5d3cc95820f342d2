import { getJob, getRun } from '../../api';
import {
  bytes,
  count,
  micros,
  percent,
  plural,
  seconds,
  time,
} from '../../format';
import { useLoad } from '../../load';
import type { PageProps } from '../../routes';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { Copy } from '../../ui/copy';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { LogView } from '../../ui/log_view';
import { Loaded } from '../../ui/state';
import { Term } from '../../ui/term';
import { AccuracySection } from './accuracy_section';
import { environmentRows, repeatCommand } from './data';
import { LayerSection } from './layer_section';
import { MemorySections } from './memory_section';
import { SampleSection } from './sample_section';
import { Artifacts } from './artifacts';

export default function RunPage({ params, id }: PageProps) {
  const load = useLoad(id, (signal) => getRun(id, signal));
  return (
    <>
      <h1>
        Run {id} {load.data && <OriginBadge origin={load.data.origin} />}
      </h1>
      <Loaded load={load} what={`run ${id}`}>
        {(run) => <RunView run={run} params={params} />}
      </Loaded>
    </>
  );
}

function RunView({ run, params }: { run: Run; params: URLSearchParams }) {
  return (
    <>
      <p class="lead">
        <a href={`/runs?model=${encodeURIComponent(run.modelName)}`}>
          {run.modelName}
        </a>{' '}
        on{' '}
        <a href={`/runs?board=${encodeURIComponent(run.boardId)}`}>
          {run.boardId}
        </a>
        , board {run.boardName}, {time(run.createTime)}, by{' '}
        {run.submitter || 'unknown'}, job{' '}
        <a href={`/jobs/${run.jobId}`}>{run.jobId}</a>.{' '}
        <a
          href={`/trends?model=${encodeURIComponent(run.modelName)}&board=${encodeURIComponent(run.boardId)}&metric=us_p50`}
        >
          Trend
        </a>
      </p>
      <Headline run={run} />
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

function Headline({ run }: { run: Run }) {
  const l = run.latency;
  const macs = Number(run.macs);
  const perCycle = macs / Number(l?.cyclesP50);
  const figures: [string, string, string, string][] = [
    [
      'latency',
      micros(l?.usP50),
      `${micros(l?.usMin)} to ${micros(l?.usMax)}, p90 ${micros(l?.usP90)}`,
      definitions.latency,
    ],
    [
      'cycles',
      count(l?.cyclesP50),
      plural(l?.sampleCount ?? 0, 'sample'),
      definitions.cycles,
    ],
    [
      'SRAM',
      bytes(run.memory?.totalBytes),
      `arena ${bytes(run.memory?.arenaBytes)}`,
      definitions.sram,
    ],
    [
      'flash',
      bytes(run.flash?.totalBytes),
      `weights ${bytes(run.flash?.weightsBytes)}`,
      definitions.flash,
    ],
    [
      'top-1',
      run.accuracy ? percent(run.accuracy.top1) : 'no dataset',
      run.accuracy
        ? `${count(run.accuracy.correct)} of ${count(run.accuracy.total)}`
        : '',
      definitions.accuracy,
    ],
    [
      'MACs',
      count(run.macs),
      Number.isFinite(perCycle) ? `${perCycle.toFixed(3)} per cycle` : '',
      definitions.macs,
    ],
    [
      'instructions',
      Number(run.instructions) > 0 ? count(run.instructions) : '–',
      Number(run.instructions) > 0
        ? 'one inference'
        : 'the board cannot count them',
      definitions.instructions,
    ],
  ];
  const sheet = () => ({
    name: `${run.id}-headline`,
    columns: [
      'run',
      'origin',
      'us_p50',
      'us_min',
      'us_p90',
      'us_max',
      'cycles_p50',
      'sample_count',
      'instructions',
      'arena_bytes',
      'static_bytes',
      'stack_bytes',
      'sram_bytes',
      'flash_bytes',
      'top1',
      'correct',
      'total',
      'macs',
    ],
    rows: [
      [
        run.id,
        run.origin,
        l?.usP50,
        l?.usMin,
        l?.usP90,
        l?.usMax,
        l?.cyclesP50,
        l?.sampleCount,
        run.instructions,
        run.memory?.arenaBytes,
        run.memory?.staticBytes,
        run.memory?.stackBytes,
        run.memory?.totalBytes,
        run.flash?.totalBytes,
        run.accuracy?.top1,
        run.accuracy?.correct,
        run.accuracy?.total,
        run.macs,
      ],
    ],
  });
  return (
    <section aria-labelledby="headline">
      <div class="section-head">
        <h2 id="headline">
          Headline figures <OriginBadge origin={run.origin} />
        </h2>
        <ExportButton sheet={sheet} />
      </div>
      <dl class="headline">
        {figures.map(([name, value, more, help]) => (
          <div key={name}>
            <dt>
              <Term help={help}>{name}</Term>
            </dt>
            <dd>
              <span class="figure">{value}</span>
              <span class="quiet">{more}</span>
            </dd>
          </div>
        ))}
      </dl>
      {run.origin === 'EMULATED' && (
        <p class="quiet">
          Cycles come from the timing model{' '}
          {run.environment?.timingModel || '(unknown)'} of a virtual board, not
          from a chip.
        </p>
      )}
    </section>
  );
}

function EnvironmentSection({ run }: { run: Run }) {
  const rows = environmentRows(run);
  return (
    <section aria-labelledby="environment">
      <div class="section-head">
        <h2 id="environment">Environment</h2>
        <ExportButton
          sheet={() => ({
            name: `${run.id}-environment`,
            columns: ['field', 'value'],
            rows,
          })}
        />
      </div>
      <p class="quiet">
        All that must be equal for two figures to be comparable.
      </p>
      <table class="facts">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{name === 'clock' ? `${count(value)} Hz` : value || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Stages({ run }: { run: Run }) {
  const stages: [string, number, string][] = [
    ['queue', run.queueS, definitions.queue],
    ['compile', run.compileS, definitions.compile],
    ['flash', run.flashS, definitions.flashTime],
    ['board', run.boardS, definitions.board],
  ];
  return (
    <section aria-labelledby="stages">
      <div class="section-head">
        <h2 id="stages">
          Where the time went <OriginBadge origin={run.origin} />
        </h2>
        <ExportButton
          sheet={() => ({
            name: `${run.id}-stages`,
            columns: ['stage', 'seconds'],
            rows: stages.map(([n, s]) => [n, s]),
          })}
        />
      </div>
      <table class="facts">
        <tbody>
          {stages.map(([name, value, help]) => (
            <tr key={name}>
              <th scope="row">
                <Term help={help}>{name}</Term>
              </th>
              <td>{seconds(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Repeat({ run }: { run: Run }) {
  const job = useLoad(run.jobId, (signal) => getJob(run.jobId, signal));
  return (
    <section aria-labelledby="repeat">
      <h2 id="repeat">Repeat it</h2>
      <p>
        <Copy text={repeatCommand(run, job.data)} />
      </p>
      <p class="quiet">
        {run.modelName} is the file with SHA-256{' '}
        <code class="wrap">{run.modelSha256}</code>; the artifact above runs
        exactly this image again:{' '}
        <code>tinyrig submit FILE.tinyrig --board {run.boardId}</code>.
      </p>
    </section>
  );
}
