import { getRun } from '../../api';
import { bytes, change, count, micros, percent, time } from '../../format';
import { useLoad } from '../../load';
import { setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { Change } from '../../ui/change';
import { ExportButton } from '../../ui/export';
import { Empty, Loaded } from '../../ui/state';
import { Term } from '../../ui/term';
import {
  environmentRows,
  figureRows,
  isSignificant,
  type Kind,
  layerRows,
  markWords,
  type Row,
  type TextRow,
} from './data';
import { rule } from './significance';

const MOST_RUNS = 16;

export default function ComparePage({ params }: PageProps) {
  const ids = [
    ...new Set(
      (params.get('runs') ?? '')
        .split(',')
        .map((s) => s.trim())
        .filter(Boolean),
    ),
  ];
  const wanted = ids.slice(0, MOST_RUNS);
  return (
    <>
      <h1>Compare</h1>
      <IdForm key={ids.join()} ids={ids} />
      {ids.length > MOST_RUNS && (
        <p class="quiet">The first {MOST_RUNS} runs are shown.</p>
      )}
      {wanted.length < 2 ? (
        <Empty title="Choose two or more runs.">
          <p>
            Tick them on <a href="/runs">Runs</a>, or write their ids above. The
            first one is the base.
          </p>
        </Empty>
      ) : (
        <Comparison ids={wanted} all={params.get('all') === '1'} />
      )}
    </>
  );
}

function IdForm({ ids }: { ids: string[] }) {
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault();
        const text = String(
          new FormData(event.currentTarget).get('runs') ?? '',
        );
        setParams({
          runs: text
            .split(/[\s,]+/)
            .filter(Boolean)
            .join(','),
        });
      }}
    >
      <label>
        runs{' '}
        <input
          name="runs"
          type="text"
          defaultValue={ids.join(', ')}
          placeholder="r-1, r-2"
          spellcheck={false}
        />
      </label>
      <button type="submit">Compare</button>
    </form>
  );
}

function Comparison({ ids, all }: { ids: string[]; all: boolean }) {
  const load = useLoad(ids.join(), (signal) =>
    Promise.all(ids.map((id) => getRun(id, signal))),
  );
  return (
    <Loaded load={load} what={`${ids.length} runs`}>
      {(runs) => (
        <>
          <RunList runs={runs} />
          <p class="toggles">
            <label>
              <input
                type="checkbox"
                checked={all}
                onChange={(event) =>
                  setParams(
                    { all: event.currentTarget.checked ? '1' : '' },
                    { replace: true },
                  )
                }
              />{' '}
              show everything, also what does not differ
            </label>{' '}
            <Term help={rule}>what is significant?</Term>
          </p>
          <div class="pair">
            <FigureTable
              name="compare"
              title="Figures"
              rows={figureRows(runs)}
              runs={runs}
              all={all}
              nothing="No figure differs significantly."
            />
            <FigureTable
              name="compare-layers"
              title="Layers, cycles"
              rows={layerRows(runs)}
              runs={runs}
              all={all}
              nothing="No layer differs by 1 % or more."
            />
          </div>
          <EnvironmentTable runs={runs} all={all} />
        </>
      )}
    </Loaded>
  );
}

function RunList({ runs }: { runs: readonly Run[] }) {
  return (
    <ul class="run-list">
      {runs.map((run, i) => (
        <li key={run.id}>
          <a href={`/runs/${run.id}`}>{run.id}</a> {run.modelName} on{' '}
          {run.boardId} <OriginBadge origin={run.origin} />
          {i === 0 && <span class="quiet"> base</span>}
        </li>
      ))}
    </ul>
  );
}

const formats: Record<Kind, (value: number) => string> = {
  us: micros,
  cycles: count,
  bytes,
  count,
  share: percent,
};

function Heads({ runs }: { runs: readonly Run[] }) {
  return (
    <>
      {runs.map((run, i) => (
        <th key={run.id} scope="col" class="number run-head">
          <a href={`/runs/${run.id}`}>{run.id}</a>
          {i === 0 && <span class="quiet"> base</span>}
          <span class="sub">{run.modelName}</span>
          <span class="sub">{run.boardId}</span>
          <span class="sub">{time(run.createTime)}</span>
          <OriginBadge origin={run.origin} />
          {i > 0 && (
            <button
              type="button"
              class="link"
              onClick={() =>
                setParams({
                  runs: [
                    run.id,
                    ...runs.filter((r) => r !== run).map((r) => r.id),
                  ].join(','),
                })
              }
            >
              make it the base
            </button>
          )}
        </th>
      ))}
    </>
  );
}

function FigureTable({
  name,
  title,
  rows,
  runs,
  all,
  nothing,
}: {
  name: string;
  title: string;
  rows: Row[];
  runs: readonly Run[];
  all: boolean;
  nothing: string;
}) {
  const shown = all ? rows : rows.filter(isSignificant);
  const sheet = () => ({
    name,
    columns: [
      'figure',
      ...runs.flatMap((r, i) =>
        i === 0 ? [r.id] : [r.id, `${r.id}_relative`, `${r.id}_significant`],
      ),
    ],
    rows: shown.map((row) => [
      row.name,
      ...row.figures.flatMap((f, i) =>
        i === 0 ? [f.value] : [f.value, f.relative, f.significant],
      ),
    ]),
  });
  if (rows.length === 0) return null;
  return (
    <section aria-label={title}>
      <div class="section-head">
        <h2>{title}</h2>
        <ExportButton sheet={sheet} />
      </div>
      {shown.length === 0 ? (
        <p class="empty-title">{nothing}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={title}>
          <table class="compare">
            <thead>
              <tr>
                <th scope="col">
                  {rows.length - shown.length > 0 ? (
                    <span class="quiet">
                      {rows.length - shown.length} alike hidden
                    </span>
                  ) : (
                    ''
                  )}
                </th>
                <Heads runs={runs} />
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key}>
                  <th scope="row" title={row.key}>
                    {row.name}
                  </th>
                  {row.figures.map((figure, i) => (
                    <td key={runs[i]!.id} class="number">
                      {formats[row.kind](figure.value)}
                      {i > 0 && Number.isFinite(figure.relative) && (
                        <span class="sub">
                          {row.kind === 'share' ? (
                            <Points
                              figure={figure.relative}
                              significant={figure.significant}
                            />
                          ) : (
                            <Change
                              value={figure.relative}
                              significant={figure.significant}
                              moreIsBetter={row.moreIsBetter}
                            />
                          )}
                        </span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** Accuracy differs in percentage points, not in per cent of per cent. */
function Points({
  figure,
  significant,
}: {
  figure: number;
  significant: boolean;
}) {
  const tone =
    !significant || figure === 0 ? 'same' : figure > 0 ? 'better' : 'worse';
  return (
    <span class={`change ${tone}`}>
      {change(figure).replace(' %', ' points')}
    </span>
  );
}

/** Of long values (compiler flags) only the differing words stand out. */
function Values({ row, runs }: { row: TextRow; runs: readonly Run[] }) {
  const words = row.differs ? markWords(row.values) : undefined;
  return (
    <>
      {row.values.map((value, i) => (
        <td key={runs[i]!.id} class="wrap">
          {!value
            ? '–'
            : !words || words[i]!.length < 2
              ? value
              : words[i]!.map((word, n) => (
                  <span key={n}>
                    {word.differs ? <mark>{word.text}</mark> : word.text}{' '}
                  </span>
                ))}
        </td>
      ))}
    </>
  );
}

function EnvironmentTable({
  runs,
  all,
}: {
  runs: readonly Run[];
  all: boolean;
}) {
  const rows = environmentRows(runs);
  const differing = rows.filter((row) => row.differs);
  const shown = all ? rows : differing;
  return (
    <section aria-label="Environment">
      <div class="section-head">
        <h2>Environment</h2>
        <ExportButton
          sheet={() => ({
            name: 'compare-environment',
            columns: ['field', ...runs.map((r) => r.id), 'differs'],
            rows: shown.map((row) => [row.name, ...row.values, row.differs]),
          })}
        />
      </div>
      <p class={differing.length > 0 ? 'notice' : 'quiet'}>
        {differing.length > 0
          ? `${differing.length} of ${rows.length} fields differ: ${differing.map((r) => r.name).join(', ')}.`
          : 'All fields are equal: the figures are comparable.'}
      </p>
      {shown.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Environment">
          <table class="compare">
            <thead>
              <tr>
                <th scope="col">
                  <span class="visually-hidden">field</span>
                </th>
                {runs.map((r) => (
                  <th key={r.id} scope="col">
                    {r.id}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.name} class={row.differs ? 'differs' : ''}>
                  <th scope="row">
                    {row.name}
                    {row.differs && (
                      <span class="visually-hidden"> (differs)</span>
                    )}
                  </th>
                  <Values row={row} runs={runs} />
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
