import { getOverview } from '../../api';
import { Sparkline } from '../../charts/sparkline';
import {
  ago,
  bytes,
  count,
  micros,
  num,
  percent,
  plural,
  time,
} from '../../format';
import { useNow } from '../../now';
import { useLoad } from '../../load';
import { setParams, withParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Overview, OverviewCell } from '../../types.gen';
import { OriginBadge, OriginBadges } from '../../ui/badge';
import { Change } from '../../ui/change';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { FilterBox, filterProblem } from '../../ui/filter_box';
import { Empty, Loaded } from '../../ui/state';
import { Term } from '../../ui/term';
import { hasPrevious, toMatrix, toSheet } from './data';

const filterExamples = [
  'origin = EMULATED AND create_time > -7d',
  'model_name:kws',
  'board_id = nucleo_f746zg AND us_p50 < 50ms',
];

/** Changes below this stay grey, as on Compare. */
const NOISE = 0.005;

export default function OverviewPage({ params }: PageProps) {
  const filter = params.get('filter') ?? '';
  const load = useLoad(filter, (signal) => getOverview(filter, signal));
  const problem = filterProblem(filter, load.error);
  return (
    <>
      <h1>Overview</h1>
      <p class="lead">
        The newest run of each model on each kind of board, and the change since
        the run before.
      </p>
      <FilterBox
        key={filter}
        value={filter}
        examples={filterExamples}
        problem={problem}
        onChange={(next) => setParams({ filter: next })}
      />
      {!problem && (
        <Loaded load={load} what="the overview">
          {(overview) => <MatrixView overview={overview} filter={filter} />}
        </Loaded>
      )}
    </>
  );
}

function MatrixView({
  overview,
  filter,
}: {
  overview: Overview;
  filter: string;
}) {
  const now = useNow(60_000);
  if (overview.cells.length === 0) {
    return filter ? (
      <Empty title="No run passes this filter.">
        <a href="/">Show everything</a>
      </Empty>
    ) : (
      <Empty title="No run yet.">
        <p>
          Drop a <code>.tflite</code> model on <a href="/jobs?submit=1">Jobs</a>
          , or run{' '}
          <code>tinyrig submit model.tflite --board nucleo_f746zg</code>.
        </p>
      </Empty>
    );
  }
  const matrix = toMatrix(overview);
  return (
    <div class="table-box">
      <div class="table-head">
        <div class="table-caption">
          {plural(matrix.models.length, 'model')} on{' '}
          {plural(matrix.boards.length, 'board kind')},{' '}
          {plural(Number(overview.runCount), 'run')}
          {filter ? ' pass the filter' : ' stored'}
        </div>
        <div class="tools">
          <Legend overview={overview} />
          <ExportButton sheet={() => toSheet(overview)} />
        </div>
      </div>
      <div
        class="scroll matrix-box"
        tabIndex={0}
        role="region"
        aria-label="Models and boards"
      >
        <table class={`matrix ${matrix.boards.length > 2 ? 'many' : ''}`}>
          <thead>
            <tr>
              <th scope="col">model</th>
              {matrix.boards.map((board) => (
                <th key={board} scope="col">
                  {board}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.models.map((model) => (
              <tr key={model}>
                <th scope="row">
                  <a
                    href={`/runs${withParams(new URLSearchParams(), { model })}`}
                  >
                    {model}
                  </a>
                </th>
                {matrix.boards.map((board) => {
                  const cell = matrix.at(model, board);
                  return (
                    <td key={board} data-board={board}>
                      {cell ? (
                        <Cell cell={cell} now={now} />
                      ) : (
                        <span class="quiet">no run</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Cell({ cell, now }: { cell: OverviewCell; now: number }) {
  const only = { model: cell.modelName, board: cell.boardId };
  const none = new URLSearchParams();
  return (
    <div class="cell">
      <div class="cell-main">
        <div class="cell-head">
          <a
            class="figure"
            href={`/runs/${cell.runId}`}
            title={`${cell.runId}: ${count(cell.cyclesP50)} cycles`}
          >
            {micros(cell.usP50)}
          </a>
          <CellChange cell={cell} />
        </div>
        <OriginBadge origin={cell.origin} />
        <a
          class="plain spark-link"
          href={`/trends${withParams(none, { ...only, metric: 'us_p50' })}`}
          aria-label={`Trend of ${cell.modelName} on ${cell.boardId}`}
        >
          <Sparkline values={cell.sparklineUsP50} />
        </a>
        <span class="quiet tiny">
          <span title={time(cell.createTime)}>{ago(cell.createTime, now)}</span>
          {', '}
          <a href={`/runs${withParams(none, only)}`}>
            {plural(num(cell.runCount), 'run')}
          </a>
        </span>
      </div>
      <dl class="small">
        <div>
          <dt>SRAM</dt>
          <dd>{bytes(cell.sramBytes)}</dd>
        </div>
        <div>
          <dt>flash</dt>
          <dd>{bytes(cell.flashBytes)}</dd>
        </div>
        <div>
          <dt>top-1</dt>
          <dd>
            {cell.top1 === undefined ? (
              <span class="quiet">no dataset</span>
            ) : (
              percent(cell.top1)
            )}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function CellChange({ cell }: { cell: OverviewCell }) {
  if (!hasPrevious(cell)) return <span class="quiet tiny">first run</span>;
  return (
    <a
      class="plain"
      href={`/compare?runs=${cell.previousRunId},${cell.runId}`}
      aria-label={`Compare ${cell.runId} with ${cell.previousRunId}, the run before`}
    >
      <Change
        value={cell.usP50Change}
        significant={Math.abs(cell.usP50Change) >= NOISE}
      />
    </a>
  );
}

/** What the words in the cells mean, once instead of in each. */
function Legend({ overview }: { overview: Overview }) {
  const terms: [string, string][] = [
    ['latency', definitions.latency],
    ['change', definitions.change],
    ['SRAM', definitions.sram],
    ['flash', definitions.flash],
    ['top-1', definitions.accuracy],
  ];
  return (
    <p class="legend-line">
      {terms.map(([word, help]) => (
        <Term key={word} help={help}>
          {word}
        </Term>
      ))}
      <OriginBadges origins={overview.cells.map((c) => c.origin)} />
    </p>
  );
}
