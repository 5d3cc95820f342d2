import { listRuns } from '../../api';
import { bytes, count, micros, percent, plural, time } from '../../format';
import { useLoad } from '../../load';
import { navigate, setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { ListRunsResponse, Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import { ExportAll } from '../../ui/export_all';
import { FilterBox, filterProblem } from '../../ui/filter_box';
import { Pager } from '../../ui/pager';
import { Empty, Loaded } from '../../ui/state';
import { type Column, DataTable, formatSort, parseSort } from '../../ui/table';
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
  const filter = toFilter(params);
  const order = params.get('order');
  const pageToken = params.get('pageToken') ?? '';
  const load = useLoad(`${filter}\n${order}\n${pageToken}`, (signal) =>
    listRuns(
      {
        filter,
        pageToken,
        pageSize: PAGE_SIZE,
        orderBy: order ?? '',
      },
      signal,
    ),
  );
  const free = params.get('filter') ?? '';
  const problem = filterProblem(free, load.error);
  return (
    <>
      <h1>Runs</h1>
      <Filters params={params} seen={load.data?.runs ?? []} />
      <FilterBox
        key={free}
        value={free}
        examples={filterExamples}
        problem={problem}
        onChange={(next) => setParams({ filter: next, pageToken: undefined })}
      />
      {!problem && (
        <Loaded load={load} what="runs">
          {(page) => <RunTable page={page} params={params} />}
        </Loaded>
      )}
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
  const change = (key: string) => (event: Event) => {
    const { value } = event.currentTarget as
      | HTMLInputElement
      | HTMLSelectElement;
    setParams({ [key]: value.trim(), pageToken: undefined });
  };
  return (
    <div class="filters">
      {filterKeys.map((key) =>
        key === 'origin' ? (
          <label key={key}>
            origin{' '}
            <select
              value={params.get('origin') ?? ''}
              onChange={change('origin')}
            >
              {['', 'MEASURED', 'EMULATED', 'ESTIMATED'].map((o) => (
                <option key={o} value={o}>
                  {o || 'any'}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <label key={key}>
            {key}{' '}
            <input
              type="search"
              value={params.get(key) ?? ''}
              placeholder="any"
              list={`seen-${key}`}
              onChange={change(key)}
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

function RunTable({
  page,
  params,
}: {
  page: ListRunsResponse;
  params: URLSearchParams;
}) {
  const chosen = selected(params);
  const choose = (id: string) =>
    setParams({ select: toggle(chosen, id).join(',') }, { replace: true });
  if (page.runs.length === 0) {
    return (
      <Empty
        title={toFilter(params) ? 'No run passes this filter.' : 'No run yet.'}
      >
        {toFilter(params) ? (
          <a href="/runs">Show all runs</a>
        ) : (
          <a href="/jobs?submit=1">Submit a model</a>
        )}
      </Empty>
    );
  }
  const columns: Column<Run>[] = [
    {
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
    },
    ...valueColumns.map((column) => ({
      title: column.key,
      ...column,
      ...looks[column.key],
      sort: column.key in orderFields,
    })),
  ];
  return (
    <>
      <DataTable
        name="runs"
        columns={columns}
        rows={page.runs}
        rowKey={(r) => r.id}
        caption={`${plural(page.runs.length, 'run')} on this page`}
        rowClass={(r) => (chosen.includes(r.id) ? 'chosen' : '')}
        sort={parseSort(params.get('order'), {
          key: 'create_time',
          descending: true,
        })}
        onSort={(sort) =>
          setParams({
            order: formatSort({ ...sort, key: orderFields[sort.key]! }),
            pageToken: undefined,
          })
        }
        tools={
          <>
            <CompareTools chosen={chosen} />
            <ExportAll
              tables={['runs', 'layers', 'samples', 'predictions']}
              filter={toFilter(params)}
            />
          </>
        }
      />
      <Pager token={params.get('pageToken') ?? ''} next={page.nextPageToken} />
    </>
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
