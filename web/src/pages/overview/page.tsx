import { getOverview } from '../../api';
import { Sparkline } from '../../charts/sparkline';
import { bytes, count, micros, percent, plural, time } from '../../format';
import { useLoad } from '../../load';
import { setParams, withParams } from '../../router';
import type { PageProps } from '../../routes';
import type { Overview, OverviewCell } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { Change } from '../../ui/change';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { FilterBox } from '../../ui/filter_box';
import { Empty, Loaded } from '../../ui/state';
import { Term } from '../../ui/term';
import { hasPrevious, toMatrix, toSheet } from './data';

/** Changes below this stay grey, as on Compare. */
const NOISE = 0.005;

export default function OverviewPage({ params }: PageProps) {
  const filter = params.get('filter') ?? '';
  const load = useLoad(filter, (signal) => getOverview(filter, signal));
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
        example="origin=MEASURED AND dataset_name=vww01"
        onChange={(next) => setParams({ filter: next })}
      />
      <Loaded load={load} what="the overview">
        {(overview) => <MatrixView overview={overview} filter={filter} />}
      </Loaded>
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
          <ExportButton sheet={() => toSheet(overview)} />
        </div>
      </div>
      <div
        class="scroll matrix-box"
        tabIndex={0}
        role="region"
        aria-label="Models and boards"
      >
        <table class="matrix">
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
                        <Cell cell={cell} />
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

function Cell({ cell }: { cell: OverviewCell }) {
  const trend = `/trends${withParams(new URLSearchParams(), {
    model: cell.modelName,
    board: cell.boardId,
    metric: 'us_p50',
  })}`;
  return (
    <div class="cell">
      <div class="cell-head">
        <a
          class="figure"
          href={`/runs/${cell.runId}`}
          title={`${cell.runId}, ${time(cell.createTime)}: ${count(cell.cyclesP50)} cycles`}
        >
          {micros(cell.usP50)}
        </a>
        {hasPrevious(cell) ? (
          <a
            class="plain"
            href={`/compare?runs=${cell.previousRunId},${cell.runId}`}
          >
            <Change
              value={cell.usP50Change}
              significant={Math.abs(cell.usP50Change) >= NOISE}
            />
          </a>
        ) : (
          <span class="quiet">first run</span>
        )}
      </div>
      <OriginBadge origin={cell.origin} />
      <a
        class="plain spark-link"
        href={trend}
        aria-label={`Trend of ${cell.modelName} on ${cell.boardId}`}
      >
        <Sparkline values={cell.sparklineUsP50} />
      </a>
      <dl class="small">
        <div>
          <dt>
            <Term help={definitions.sram}>SRAM</Term>
          </dt>
          <dd>{bytes(cell.sramBytes)}</dd>
        </div>
        <div>
          <dt>
            <Term help={definitions.flash}>flash</Term>
          </dt>
          <dd>{bytes(cell.flashBytes)}</dd>
        </div>
        <div>
          <dt>
            <Term help={definitions.accuracy}>top-1</Term>
          </dt>
          <dd>{cell.top1 === undefined ? 'no dataset' : percent(cell.top1)}</dd>
        </div>
      </dl>
    </div>
  );
}
