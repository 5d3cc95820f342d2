import { listRuns } from '../../api';
import { bytes, count, micros, percent, plural, time } from '../../format';
import { navigate, setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import { ExportAll } from '../../ui/export_all';
import {
  ListSection,
  listSort,
  quickFilter,
  SelectFilter,
} from '../../ui/list_section';
import { Empty } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import {
  filterExamples,
  filterKeys,
  orderFields,
  selected,
  toFilter,
  toggle,
  valueColumns,
  valuesSeen,
} from './data';

const PAGE_SIZE = 50;

export default function RunsPage({ params }: PageProps) {
  return (
    <>
      <h1>Runs</h1>
      <ListSection
        what="runs"
        params={params}
        filter={toFilter(params)}
        examples={filterExamples}
        pageSize={PAGE_SIZE}
        list={listRuns}
        filters={(page) => <Filters params={params} seen={page?.runs ?? []} />}
      >
        {(page) => <RunTable runs={page.runs} params={params} />}
      </ListSection>
    </>
  );
}

function Filters({
  params,
  seen,
}: {
  params: URLSearchParams;
  seen: readonly Run[];
}) {
  return (
    <div class="filters">
      {filterKeys.map((key) =>
        key === 'origin' ? (
          <SelectFilter
            key={key}
            name="origin"
            values={['MEASURED', 'EMULATED', 'ESTIMATED']}
            params={params}
          />
        ) : (
          <label key={key}>
            {key}{' '}
            <input
              type="search"
              value={params.get(key) ?? ''}
              placeholder="any"
              list={`seen-${key}`}
              onChange={quickFilter(key)}
              spellcheck={false}
            />
            <datalist id={`seen-${key}`}>
              {valuesSeen(seen, key).map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          </label>
        ),
      )}
    </div>
  );
}

const looks: Record<string, Partial<Column<Run>>> = {
  run: { title: 'run', show: (r) => <a href={`/runs/${r.id}`}>{r.id}</a> },
  create_time: {
    title: 'time',
    show: (r) => (
      <span title={time(r.createTime)}>{time(r.createTime).slice(0, 16)}</span>
    ),
  },
  model_name: {
    title: 'model',
    className: 'name',
    show: (r) => <span title={r.modelName}>{r.modelName}</span>,
  },
  board_id: { title: 'board' },
  origin: { title: 'origin', show: (r) => <OriginBadge origin={r.origin} /> },
  us_p50: {
    title: 'latency',
    number: true,
    help: definitions.latency,
    show: (r) => (
      <span
        title={`${count(r.latency?.cyclesP50)} cycles, ${r.latency?.sampleCount ?? 0} samples`}
      >
        {micros(r.latency?.usP50)}
      </span>
    ),
  },
  cycles_p50: { hidden: true },
  sram_bytes: {
    title: 'SRAM',
    number: true,
    help: definitions.sram,
    show: (r) => bytes(r.memory?.totalBytes),
  },
  flash_bytes: {
    title: 'flash',
    number: true,
    help: definitions.flash,
    show: (r) => bytes(r.flash?.totalBytes),
  },
  top1: {
    title: 'top-1',
    number: true,
    help: definitions.accuracy,
    show: (r) => percent(r.accuracy?.top1),
  },
  dataset_name: { title: 'dataset', show: (r) => r.datasetName || '–' },
  submitter: { title: 'submitter' },
};

function NoRuns({ filter }: { filter: string }) {
  return (
    <Empty title={filter ? 'No run passes this filter.' : 'No run yet.'}>
      {filter ? (
        <a href="/runs">Show all runs</a>
      ) : (
        <a href="/jobs?submit=1">Submit a model</a>
      )}
    </Empty>
  );
}

/** The box that puts a run into a comparison. */
function chooseColumn(chosen: readonly string[]): Column<Run> {
  const choose = (id: string) =>
    setParams({ select: toggle(chosen, id).join(',') }, { replace: true });
  return {
    key: '_select',
    title: <span class="visually-hidden">choose</span>,
    value: () => '',
    show: (r) => (
      <input
        type="checkbox"
        checked={chosen.includes(r.id)}
        aria-label={`Choose ${r.id} for comparing`}
        onChange={() => choose(r.id)}
      />
    ),
  };
}

function RunTable({ runs, params }: { runs: Run[]; params: URLSearchParams }) {
  const chosen = selected(params);
  const filter = toFilter(params);
  if (runs.length === 0) return <NoRuns filter={filter} />;
  const columns: Column<Run>[] = [
    chooseColumn(chosen),
    ...valueColumns.map((column) => ({
      title: column.key,
      ...column,
      ...looks[column.key],
      sort: column.key in orderFields,
    })),
  ];
  return (
    <DataTable
      name="runs"
      columns={columns}
      rows={runs}
      rowKey={(r) => r.id}
      caption={`${plural(runs.length, 'run')} on this page`}
      rowClass={(r) => (chosen.includes(r.id) ? 'chosen' : '')}
      {...listSort(params, (column) => orderFields[column]!)}
      tools={
        <>
          <CompareTools chosen={chosen} />
          <ExportAll
            tables={['runs', 'layers', 'samples', 'predictions']}
            filter={filter}
          />
        </>
      }
    />
  );
}

function CompareTools({ chosen }: { chosen: string[] }) {
  return (
    <>
      {chosen.length > 0 && (
        <button
          type="button"
          onClick={() => setParams({ select: '' }, { replace: true })}
        >
          Choose none
        </button>
      )}
      <button
        type="button"
        class="primary"
        disabled={chosen.length < 2}
        title={chosen.length < 2 ? 'Choose two or more runs' : undefined}
        onClick={() => navigate(`/compare?runs=${chosen.join(',')}`)}
      >
        Compare {chosen.length > 0 ? chosen.length : ''}
      </button>
    </>
  );
}
