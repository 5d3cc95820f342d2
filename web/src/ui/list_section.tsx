// What every page with a long list of the server shows: quick filters as URL
// keys, the filter box, the page of rows, and the way to the next page.
import type { ComponentChildren } from 'preact';
import type { ListQuery } from '../api';
import { useLoad } from '../load';
import { setParams } from '../router';
import { FilterBox, filterProblem } from './filter_box';
import { Pager } from './pager';
import { Loaded } from './state';
import { formatSort, parseSort, type Sort } from './table';

/** Another filter or order begins at the first page again. */
export function changeList(changes: Record<string, string>): void {
  setParams({ ...changes, pageToken: undefined });
}

/** The handler of a quick filter that stands under `key` in the URL. */
export const quickFilter = (key: string) => (event: Event) =>
  changeList({
    [key]: (
      event.currentTarget as HTMLInputElement | HTMLSelectElement
    ).value.trim(),
  });

/** Newest first unless the URL says otherwise; `field`: column to order by. */
export function listSort(
  params: URLSearchParams,
  field: (column: string) => string = (column) => column,
) {
  return {
    sort: parseSort(params.get('order'), {
      key: 'create_time',
      descending: true,
    }),
    onSort: (sort: Sort) =>
      changeList({ order: formatSort({ ...sort, key: field(sort.key) }) }),
  };
}

/** A choice of one of `values`; '' stands for any. */
export function SelectFilter({
  name,
  values,
  params,
}: {
  name: string;
  values: readonly string[];
  params: URLSearchParams;
}) {
  return (
    <label>
      {name}{' '}
      <select value={params.get(name) ?? ''} onChange={quickFilter(name)}>
        {['', ...values].map((value) => (
          <option key={value} value={value}>
            {value || 'any'}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ListSection<Page extends { nextPageToken: string }>({
  what,
  params,
  filter,
  examples,
  pageSize,
  list,
  stamp = '',
  filters,
  children,
}: {
  /** Plural, for texts: "runs". */
  what: string;
  params: URLSearchParams;
  /** Quick filters and free filter together, in the server's language. */
  filter: string;
  examples: readonly string[];
  pageSize: number;
  list(query: ListQuery, signal: AbortSignal): Promise<Page>;
  /** When it changes the list is asked again. */
  stamp?: string | number;
  /** The quick filters; they may suggest what the page has. */
  filters(page: Page | undefined): ComponentChildren;
  children(page: Page): ComponentChildren;
}) {
  const free = params.get('filter') ?? '';
  const orderBy = params.get('order') ?? '';
  const pageToken = params.get('pageToken') ?? '';
  const load = useLoad(
    `${filter}\n${orderBy}\n${pageToken}\n${stamp}`,
    (signal) => list({ filter, pageToken, pageSize, orderBy }, signal),
  );
  const problem = filterProblem(free, load.error);
  return (
    <>
      {filters(load.data)}
      <FilterBox
        key={free}
        value={free}
        examples={examples}
        problem={problem}
        onChange={(next) => changeList({ filter: next })}
      />
      {!problem && (
        <Loaded load={load} what={what}>
          {(page) => (
            <>
              {children(page)}
              <Pager token={pageToken} next={page.nextPageToken} />
            </>
          )}
        </Loaded>
      )}
    </>
  );
}
